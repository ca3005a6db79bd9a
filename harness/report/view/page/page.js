"use strict";
(() => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

  // make builds an element. Strings become text nodes: nothing that came from a target is ever read as markup.
  function make(name, attributes, ...children) {
    const e = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) e.setAttribute(key, value);
    e.append(...children.filter((c) => c !== null && c !== undefined));
    return e;
  }

  // The filters are in the address as #system=…&outcome=…, so that a view can be linked; #<id> is one requirement.
  const form = $("form"), rows = $$(".rows > li"), line = $(".result-line");
  const names = ["q", "system", "outcome", "level", "operation"];
  const groups = { failing: ["fail"], finding: ["finding"], unverified: ["open", "aside"] };
  let status = "";

  function readAddress() {
    const hash = location.hash.slice(1);
    if (hash && !hash.includes("=")) return show(document.getElementById(decode(hash)));
    const p = new URLSearchParams(hash);
    for (const n of names) {
      const field = form.elements[n];
      field.value = p.get(n) || "";
      if (field.selectedIndex === -1) field.value = "";
    }
    status = p.get("status") || "";
    filter();
    if (hash) {
      $("#requirements").scrollIntoView();
      $("#requirements").focus({ preventScroll: true });
    }
  }

  function decode(s) {
    try { return decodeURIComponent(s); } catch { return s; }
  }

  function writeAddress() {
    const p = new URLSearchParams();
    for (const n of names) if (form.elements[n].value) p.set(n, form.elements[n].value);
    if (status) p.set("status", status);
    history.replaceState(null, "", "#" + p);
    filter();
  }

  function filter() {
    const want = Object.fromEntries(names.map((n) => [n, form.elements[n].value]));
    const words = want.q.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    for (const row of rows) {
      const d = row.dataset;
      row.words ??= words.length ? row.textContent.toLowerCase() : undefined;
      const fits = (!want.system || d.system === want.system) && (!want.level || d.level === want.level) &&
        (!want.outcome || (groups[want.outcome] ? groups[want.outcome].includes(d.state) : d.outcome === want.outcome)) &&
        (!want.operation || d.operations.split(" ").includes(want.operation)) &&
        (!status || (d.pairs || "").split(" ").some((p) => p.endsWith(":" + status) && (!want.operation || p === want.operation + ":" + status))) &&
        words.every((w) => row.words.includes(w));
      row.hidden = !fits;
      if (fits) n++;
    }
    $(".status").hidden = !status;
    $(".status b").textContent = status;
    line.textContent = n === rows.length ? `All ${n} requirements.` : `${n} of ${rows.length} requirements.`;
  }

  function show(row) {
    if (!row || row.tagName !== "DETAILS") return filter();
    if (row.parentNode.hidden) {
      form.reset();
      status = "";
    }
    filter();
    row.open = true;
    row.scrollIntoView();
    $("summary", row).focus({ preventScroll: true });
  }

  form.addEventListener("input", writeAddress);
  form.addEventListener("submit", (e) => e.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { status = ""; writeAddress(); }));
  form.elements.nostatus.addEventListener("click", () => { status = ""; writeAddress(); form.elements.operation.focus(); });
  addEventListener("hashchange", readAddress);

  // The exchanges are unfolded when the first row that has some is opened.
  let unfolding;
  function unfold() {
    return unfolding ??= (async () => {
      if (!window.DecompressionStream) throw new Error("this browser cannot unfold them");
      const bytes = Uint8Array.from(atob(JSON.parse($("#data").textContent)), (c) => c.charCodeAt(0));
      const data = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
      const byID = new Map(data.exchanges.map((e) => [e.x.id, e]));
      const found = new Map();
      for (const f of Object.values(data.findings).flat()) {
        if (!found.has(f.x)) found.set(f.x, []);
        found.get(f.x).push(f);
      }
      return { byID, found, findings: data.findings };
    })();
  }

  for (const details of $$(".rows details")) {
    details.addEventListener("toggle", () => details.open && fill(details));
  }

  async function fill(details) {
    for (const pre of $$("pre.curl:not(.done)", details)) addCopy(pre);
    const place = $(".evidence", details);
    if (!place || place.dataset.filled) return;
    place.dataset.filled = "true";
    try {
      const data = await unfold();
      const ids = place.dataset.ids.split(" ").filter(Boolean);
      const here = failedAt(details, data, ids);
      const list = ids.map((id) => exchange(data, id, details.id, here));
      const found = data.findings[details.id] || [];
      place.replaceChildren(
        ...(found.length ? [make("h3", {}, found.length === 1 ? "1 finding" : `${found.length} findings`), findings(found, true)] : []),
        make("h3", {}, ids.length === 1 ? "The exchange that shows it" : `${ids.length} exchanges that show it`), ...list);
      const first = list.find((x) => x.classList.contains("subject"));
      if (first) first.open = true;
    } catch (e) {
      place.append(make("p", { class: "why" }, "The exchanges cannot be shown: " + e.message));
    }
  }

  // failedAt finds the exchange that a failure is about: the one that it names, or that is to be repeated.
  function failedAt(details, data, ids) {
    const told = $(".failure[data-shown-by]", details);
    if (told) return told.dataset.shownBy;
    const repro = $(".repro .curl", details);
    return repro ? ids.find((id) => data.byID.get(id)?.curl === repro.textContent) : undefined;
  }

  // findings lists what was found, each thing once with the exchanges that show it.
  const shownFindings = 40, shownExchanges = 8;
  function findings(found, named) {
    const groups = new Map();
    for (const f of found) {
      const key = JSON.stringify([f.side, f.p, f.d]);
      if (!groups.has(key)) groups.set(key, { ...f, in: [] });
      groups.get(key).in.push(f.x);
    }
    const all = [...groups.values()];
    const list = make("ul", { class: "found" }, ...all.slice(0, shownFindings).map((f) => make("li", {},
      f.side === "client" ? "request " : "answer ", f.p ? make("code", {}, f.p) : "", f.p ? ": " : "", f.d,
      named ? make("span", { class: "why" }, ` in ${f.in.slice(0, shownExchanges).join(", ")}`,
        f.in.length > shownExchanges ? ` and ${f.in.length - shownExchanges} more` : "") : null)));
    if (all.length > shownFindings) list.append(make("li", { class: "why" }, `… and ${all.length - shownFindings} more in report.json`));
    return list;
  }

  function exchange(data, id, requirement, here) {
    const e = data.byID.get(id);
    if (!e) return make("p", { class: "why" }, `${id} is not in the file of exchanges.`);
    const x = e.x, subject = id === here;
    const of = (data.found.get(id) || []).map((f) => ({ ...f, own: (data.findings[requirement] || []).includes(f) }));
    const box = make("details", { class: subject ? "x subject" : "x", "data-exchange": id },
      make("summary", {}, make("span", { class: "tag" }, id), make("code", {}, `${x.request.method} ${path(x.request.url)}`),
        make("span", { class: "st" }, x.response ? String(x.response.status) : "no answer"),
        subject ? make("span", { class: "tag here" }, "failed here") : null,
        of.length && !subject ? make("span", { class: "tag here" }, of.length === 1 ? "1 finding" : `${of.length} findings`) : null,
        make("span", { class: "tag" }, [e.op, x.phase].filter(Boolean).join(", "))));
    box.addEventListener("toggle", () => {
      if (box.open && box.children.length === 1) box.append(inner(e, of, subject ? expectation(box) : []));
    });
    return box;
  }

  // expectation says which parts of an answer a failed expectation of a spec was about.
  function expectation(box) {
    const row = box.closest(".rows > li"), told = $$(".failure", row).find((f) => f.dataset.shownBy === box.dataset.exchange);
    // What the contract finds in an exchange is marked at its place already.
    if (!told || !told.dataset.expected || $(".found", row)) return [];
    const code = /errorCode/.test(told.dataset.actual);
    return [{ side: "org", p: code ? "/errorCode" : "status", d: `expected ${told.dataset.expected}`, own: true }];
  }

  function path(url) {
    try {
      const u = new URL(url);
      return u.pathname + u.search;
    } catch { return url || ""; }
  }

  function inner(e, of, expected) {
    const x = e.x, marks = [...of, ...expected];
    const side = (name) => marks.filter((m) => (m.side === "client") === (name === "request"));
    const box = make("div", { class: "inner" });
    if (of.length) box.append(findings(of));
    const answer = x.response ?
      [statusLine(`HTTP ${x.response.status}`, side("response")), headers(x.response.headers, side("response")), body(x.response, side("response"), e.responseSize)] :
      [make("p", { class: "why" }, x.error || "No answer came.")];
    const about = [x.credential && `credential ${x.credential}`, x.started && x.started.replace("T", " ").slice(0, 23), x.nanoseconds && `${(x.nanoseconds / 1e6).toFixed(1)} ms`, x.source];
    box.append(make("p", { class: "why" }, about.filter(Boolean).join(", ")),
      make("div", { class: "sides" },
        make("div", {}, make("h4", {}, "Request"), statusLine(`${x.request.method} ${x.request.url}`, side("request")),
          headers(x.request.headers, side("request")), body(x.request, side("request"), e.requestSize)),
        make("div", {}, make("h4", {}, "Response"), ...answer)));
    const curl = make("pre", { class: "curl" }, e.curl);
    box.append(make("h4", {}, "Send it again"), curl);
    addCopy(curl);
    return box;
  }

  const said = (m) => make("span", { class: "said" }, "  ← " + m.map((f) => f.d).join("; "));

  // statusLine is marked by what speaks of the message as a whole, of its status, or of its parameters.
  function statusLine(text, marks) {
    const own = marks.filter((m) => m.p === "" || m.p === "status" || /^(query|path):/.test(m.p));
    return make("pre", { class: "headers" }, own.length ? make("mark", {}, text) : text, own.length ? said(own) : null);
  }

  function headers(all, marks) {
    const pre = make("pre", { class: "headers" });
    const named = marks.filter((m) => m.p && !m.p.startsWith("/") && m.p !== "status" && !/^(query|path):/.test(m.p));
    const left = new Set(named);
    for (const name of Object.keys(all || {}).sort()) {
      const own = named.filter((m) => m.p.toLowerCase() === name.toLowerCase());
      own.forEach((m) => left.delete(m));
      for (const value of all[name]) {
        pre.append(own.length ? make("mark", {}, `${name}: ${value}`) : `${name}: ${value}`, own.length ? said(own) : "", "\n");
      }
    }
    for (const m of left) pre.append(make("mark", {}, `${m.p}: (absent)`), said([m]), "\n");
    return pre;
  }

  function body(message, marks, size) {
    if (message.base64) return make("p", { class: "why" }, `A body of ${atob(message.base64).length} bytes that is no text.`);
    if (message.omitted) return make("p", { class: "why" }, "The recording left the body out.");
    if (!message.body) return make("p", { class: "why" }, "No body.");
    const pre = make("pre", { class: "json", tabindex: "0", "aria-label": "body" });
    try {
      if (size || message.truncated) throw new Error("cut");
      new Printer(marks.filter((m) => m.p.startsWith("/"))).print(pre, parse(message.body));
    } catch {
      pre.replaceChildren(message.body);
    }
    if (size) pre.append(`\n… cut here; exchanges.jsonl has all ${size} bytes`);
    if (message.truncated) pre.append("\n… there was more than was kept");
    return pre;
  }

  // parse reads JSON into its tokens as they were written: numbers keep their digits, and members that are there twice
  // stay twice.
  function parse(text) {
    const token = /[ \t\r\n]*([{}[\],:]|"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null)/y;
    const next = () => {
      const m = token.exec(text);
      if (!m) throw new Error("no JSON");
      return m[1];
    };
    const peek = () => {
      const at = token.lastIndex, t = next();
      token.lastIndex = at;
      return t;
    };
    const items = (end, item) => {
      const out = [];
      if (peek() === end) return next(), out;
      for (;;) {
        out.push(item(out.length));
        const t = next();
        if (t === end) return out;
        if (t !== ",") throw new Error("no JSON");
      }
    };
    const value = (depth) => {
      if (depth > 500) throw new Error("too deep");
      const t = next();
      if (t === "[") return { open: "[", close: "]", items: items("]", (i) => ({ step: String(i), value: value(depth + 1) })) };
      if (t !== "{") {
        if ("}],:".includes(t)) throw new Error("no JSON");
        return { raw: t };
      }
      return { open: "{", close: "}", items: items("}", () => {
        const key = next();
        if (key[0] !== '"' || next() !== ":") throw new Error("no JSON");
        return { key, step: JSON.parse(key).replaceAll("~", "~0").replaceAll("/", "~1"), value: value(depth + 1) };
      }) };
    };
    const v = value(0);
    if (text.slice(token.lastIndex).trim()) throw new Error("no JSON");
    return v;
  }

  // Printer lays JSON out, and marks the members that findings point at. A member that is not there is told where it
  // should have been.
  class Printer {
    constructor(marks) { this.marks = marks; }

    print(into, v) { this.value(into, v, "", ""); }

    value(into, v, pointer, indent) {
      if (v.raw !== undefined) return into.append(v.raw);
      into.append(v.open);
      const below = indent + "  ";
      const there = new Set(v.items.map((i) => `${pointer}/${i.step}`));
      const absent = this.marks.filter((m) => m.p.startsWith(pointer + "/") && !m.p.slice(pointer.length + 1).includes("/") && !there.has(m.p));
      v.items.forEach((item, i) => {
        const at = `${pointer}/${item.step}`, own = this.marks.filter((m) => m.p === at);
        const line = own.length ? make("mark", { "data-pointer": at }) : document.createDocumentFragment();
        if (item.key) line.append(make("span", { class: "k" }, item.key), ": ");
        this.value(line, item.value, at, below);
        into.append("\n" + below, line, i < v.items.length - 1 ? "," : "", own.length ? said(own) : "");
      });
      for (const m of absent) into.append("\n" + below, make("mark", { "data-pointer": m.p }, m.p.slice(pointer.length + 1) + " (absent)"), said([m]));
      into.append(v.items.length || absent.length ? "\n" + indent : "", v.close);
    }
  }

  function addCopy(pre) {
    pre.classList.add("done");
    const button = make("button", { type: "button" }, "Copy");
    button.addEventListener("click", async () => {
      let done = true;
      try {
        await navigator.clipboard.writeText(pre.textContent);
      } catch {
        // From a file, some browsers only let a selection be copied.
        getSelection().selectAllChildren(pre);
        done = document.execCommand("copy");
      }
      button.textContent = done ? "Copied" : "Press Ctrl+C";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    const box = make("div", { class: "withcopy" });
    pre.replaceWith(box);
    box.append(pre, button);
  }

  // On paper, what failed is open.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = $$('.rows > li[data-state="fail"]:not([hidden]) > details:not([open])').slice(0, 50);
    for (const d of opened) d.open = true;
  });
  addEventListener("afterprint", () => {
    for (const d of opened) d.open = false;
  });

  // Only after loading: until then, the browser itself may still move to where the address points.
  form.hidden = false;
  addEventListener("load", readAddress);
})();
