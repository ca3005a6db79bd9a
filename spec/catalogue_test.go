package spec

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// someOperations are enough to spread requirements over two systems.
var someOperations = []Operation{
	{ID: "listRoles", Method: "GET", System: "user-roles", Action: Action{List, Role, User}, Statuses: []Status{{Code: 200, Basis: Both, HasBody: true}}},
	{ID: "assignRole", Method: "POST", System: "user-roles", Action: Action{Assign, Role, User}, TakesBody: true,
		Statuses: []Status{{Code: 201, Basis: Both, HasBody: true}, {Code: 204, Basis: Observed}}},
	{ID: "removeTarget", Method: "DELETE", System: "targets", Action: Action{Unassign, GroupTarget, User}, Statuses: []Status{{Code: 204, Basis: Documented}}},
}

const (
	someSources = `sources:
  - {id: page, title: The page, kind: document}
  - {id: wire, title: What was seen, kind: recording}
`
	someRequirements = `system: user-roles
title: Roles of users
requirements:
  - id: user-roles.list.new
    level: must
    statement: A new user has no roles.
    source: [{in: page, section: "List"}]
    operations: [listRoles]
`
)

// catalogueOf is a catalogue of files below requirements/, with some sources unless they are given.
func catalogueOf(contents map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{sourcesFile: {Data: []byte(someSources)}}
	for name, text := range contents {
		fsys[catalogueDir+"/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func TestReadCatalogue(t *testing.T) {
	c, err := readCatalogue(catalogueOf(map[string]string{
		"user-roles.yaml": `
system: user-roles
title: Roles of users
requirements:
  - id: user-roles.list.new
    level: must
    statement: >-
      A new user
      has no roles.
    source:
      - {in: page, section: "List"}
      - {in: wire}
    operations: [listRoles, assignRole]
    needs: [users, reader]
    rows: [R030, R031]
    unproven: no fault shows it
  - id: user-roles.order
    level: may
    by: history
    statement: Later lists show what was assigned.
    source: [{in: wire}]
    operations: [listRoles]
    unobservable: it needs a second org
`,
		"clients.yaml": `
system: clients
title: Client programs
requirements:
  - id: clients.decode
    level: should
    by: client
    statement: A client reads what it gets.
    source: [{in: page}]
    operations: [removeTarget, listRoles]
`,
		"common.yaml": `
system: common
requirements:
  - id: "*.schema"
    level: must
    by: exchange
    statement: Answers are as described.
    source: [{in: page}]
    operations: all
`,
	}), someOperations)
	if err != nil {
		t.Fatal(err)
	}
	got := c.requirements
	page, wire := Source{In: "page", Title: "The page", Kind: "document"}, Source{In: "wire", Title: "What was seen", Kind: "recording"}
	list := page
	list.Section = "List"
	schema := Requirement{Level: Must, By: ByExchange, Statement: "Answers are as described.", Sources: []Source{page},
		File: "requirements/common.yaml", Line: 4}
	ofUsers, ofTargets := schema, schema
	ofUsers.ID, ofUsers.System, ofUsers.Operations = "user-roles.schema", "user-roles", []string{"listRoles", "assignRole"}
	ofTargets.ID, ofTargets.System, ofTargets.Operations = "targets.schema", "targets", []string{"removeTarget"}
	want := []Requirement{
		{ID: "clients.decode", System: "clients", Level: Should, By: ByClient, Statement: "A client reads what it gets.",
			Sources: []Source{page}, Operations: []string{"removeTarget", "listRoles"}, File: "requirements/clients.yaml", Line: 5},
		{ID: "user-roles.list.new", System: "user-roles", Level: Must, By: BySuite, Statement: "A new user has no roles.",
			Sources: []Source{list, wire}, Operations: []string{"listRoles", "assignRole"}, Needs: []string{"users", "reader"},
			Rows: []string{"R030", "R031"}, Unproven: "no fault shows it", File: "requirements/user-roles.yaml", Line: 5},
		{ID: "user-roles.order", System: "user-roles", Level: May, By: ByHistory, Statement: "Later lists show what was assigned.",
			Sources: []Source{wire}, Operations: []string{"listRoles"}, Unobservable: "it needs a second org",
			File: "requirements/user-roles.yaml", Line: 17},
		ofUsers, ofTargets,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requirements (-want +got):\n%s", diff)
	}
	if rule := got[1].Rule(); rule != "list.new" {
		t.Errorf("the rule is %q", rule)
	}
}

func TestSelectors(t *testing.T) {
	tests := map[string][]string{
		"all":                       {"targets removeTarget", "user-roles assignRole", "user-roles listRoles"},
		"read":                      {"user-roles listRoles"},
		"write":                     {"targets removeTarget", "user-roles assignRole"},
		"no-content":                {"targets removeTarget"},
		"with-body":                 {"user-roles assignRole", "user-roles listRoles"},
		"takes-body":                {"user-roles assignRole"},
		"[removeTarget, listRoles]": {"targets removeTarget", "user-roles listRoles"},
		"list role":                 {"user-roles listRoles"},
		"role":                      {"user-roles assignRole", "user-roles listRoles"},
		"role of user":              {"user-roles assignRole", "user-roles listRoles"},
		"target":                    {"targets removeTarget"},
		"write role":                {"user-roles assignRole"},
		"[group-target, list role]": {"targets removeTarget", "user-roles listRoles"},
	}
	for selector, want := range tests {
		c, err := readCatalogue(catalogueOf(map[string]string{"common.yaml": `
system: common
requirements:
  - {id: "*.x", level: may, statement: s, source: [{in: page}], operations: ` + selector + `}
`}), someOperations)
		if err != nil {
			t.Errorf("%s: %v", selector, err)
			continue
		}
		var got []string
		for _, r := range c.requirements {
			for _, o := range r.Operations {
				got = append(got, r.System+" "+o)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", selector, diff)
		}
	}
}

// entry is a whole requirement in one line, with a part replaced by another, or added where the part is empty.
func entry(part, by string) string {
	whole := "{id: user-roles.x, level: must, statement: s, source: [{in: page}], operations: [listRoles]}"
	if part == "" {
		whole = strings.TrimSuffix(whole, "}") + ", " + by + "}"
	} else {
		whole = strings.Replace(whole, part, by, 1)
	}
	return "system: user-roles\ntitle: t\nrequirements:\n  - " + whole + "\n"
}

func TestCatalogueRefuses(t *testing.T) {
	const at, x = "requirements/user-roles.yaml:4: ", `requirement "user-roles.x"`
	tests := map[string]struct {
		text string
		want string
	}{
		"unknown operation":           {entry("listRoles", "listRole"), at + x + `: operations: unknown operation or word "listRole" (did you mean "listRoles"?)`},
		"operation like no other":     {entry("listRoles", "somethingElse"), at + x + `: operations: unknown operation or word "somethingElse"`},
		"operation twice":             {entry("listRoles", "listRoles, listRoles"), at + x + `: operations: operation "listRoles" is there twice`},
		"no operations":               {entry(", operations: [listRoles]", ""), at + x + ": operations: name at least one"},
		"empty operations":            {entry("[listRoles]", "[]"), at + x + ": operations: name at least one"},
		"operations as a mapping":     {entry("[listRoles]", "{a: b}"), at + "expected text, or a list of texts"},
		"no level":                    {entry(", level: must", ""), at + x + " has no level; write one"},
		"unknown level":               {entry("must", "shall"), at + x + `: level: unknown value "shall"; it is one of must, should, may`},
		"no statement":                {entry(", statement: s", ""), at + x + " has no statement; write one"},
		"empty statement":             {entry("statement: s", `statement: " "`), at + x + " has no statement; write one"},
		"no source":                   {entry(", source: [{in: page}]", ""), at + x + " has no source; name at least one"},
		"empty source":                {entry("[{in: page}]", "[]"), at + x + " has no source; name at least one"},
		"unknown source":              {entry("in: page", "in: pages"), at + x + `: unknown source "pages" (did you mean "page"?); requirements/sources.yaml lists them`},
		"source without in":           {entry("in: page", "section: s"), at + x + `: unknown source ""`},
		"unknown key of a source":     {entry("in: page", "in: page, part: s"), at + `unknown key "part"`},
		"unknown by":                  {entry("", "by: nobody"), at + x + `: by: unknown value "nobody"; it is one of suite, exchange, request, history, client`},
		"unknown need":                {entry("", "needs: [user]"), at + x + `: needs: unknown need "user" (did you mean "users"?)`},
		"row of another form":         {entry("", "rows: [30]"), at + x + `: row "30" is not R and three digits`},
		"unknown key":                 {entry("", "stament: t"), at + `unknown key "stament"; the keys are id, level, statement, source, operations, needs, rows, by, unobservable, unproven`},
		"key twice":                   {entry("", "level: may"), at + `the key "level" is there already, at line 4`},
		"no id":                       {entry("id: user-roles.x, ", ""), at + `requirement "" has no id; write one`},
		"id of another system":        {entry("user-roles.x", "group-roles.x"), at + `requirement "group-roles.x": the id must start with "user-roles."`},
		"id of all systems":           {entry("user-roles.x", `"*.x"`), at + `requirement "*.x": the id must start with "user-roles."`},
		"id without a rule":           {entry("user-roles.x", "user-roles."), at + `requirement "user-roles.": the id must be words of lower-case letters`},
		"id in capitals":              {entry("user-roles.x", "user-roles.X"), at + `requirement "user-roles.X": the id must be words of lower-case letters`},
		"an empty requirement":        {"system: user-roles\ntitle: t\nrequirements:\n  -\n", "requirements/user-roles.yaml:4: an item is empty"},
		"requirement as text":         {"system: user-roles\ntitle: t\nrequirements: [text]\n", "requirements/user-roles.yaml:3: expected a mapping with the keys id, level"},
		"requirements as text":        {"system: user-roles\ntitle: t\nrequirements: text\n", "requirements/user-roles.yaml:3: expected a list, not a single value"},
		"no requirements":             {"system: user-roles\ntitle: t\n", "requirements/user-roles.yaml:1: the file has no requirements; write one"},
		"no title":                    {strings.Replace(someRequirements, "title: Roles of users\n", "", 1), "requirements/user-roles.yaml:1: the file has no title; write one"},
		"another system":              {strings.Replace(someRequirements, "user-roles", "users", 1), `requirements/user-roles.yaml:1: system "users" is not the file's name`},
		"unknown key of the file":     {"system: user-roles\ntitle: t\nrequirement: []\n", `requirements/user-roles.yaml:3: unknown key "requirement"; the keys are system, title, requirements`},
		"empty file":                  {"# nothing\n", "requirements/user-roles.yaml: the file is empty"},
		"two documents":               {someRequirements + "---\nmore: x\n", "requirements/user-roles.yaml:9: a second document begins here"},
		"no YAML":                     {"system: user-roles\ntitle: [\n", "requirements/user-roles.yaml:3: not YAML: "},
		"operation selected twice":    {entry("listRoles", "listRoles, read"), at + x + `: operations: operation "listRoles" is there twice`},
		"unknown word":                {entry("[listRoles]", "list rolls"), at + x + `: operations: unknown operation or word "rolls" (did you mean "role"?)`},
		"operation without a word":    {entry("[listRoles]", "get role"), at + x + `: operations: "get role" selects no operation`},
		"operation of nobody":         {entry("[listRoles]", "list role of nobody"), at + x + `: operations: "list role of nobody" selects no operation`},
		"operation of another system": {entry("[listRoles]", "unassign target"), at + x + `: operations: "unassign target" selects no operation`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := readCatalogue(catalogueOf(map[string]string{"user-roles.yaml": test.text}), someOperations)
			if err == nil {
				t.Fatalf("taken: %+v", got)
			}
			if lines := strings.Split(err.Error(), "\n"); len(lines) != 1 || !strings.HasPrefix(lines[0], test.want) {
				t.Errorf("refused with\n%s\nwant one line with\n%s", err, test.want)
			}
		})
	}
}

func TestCatalogueRefusesFiles(t *testing.T) {
	const common = `system: common
requirements:
  - {id: "*.list.new", level: may, statement: s, source: [{in: page}], operations: read}
`
	tests := map[string]struct {
		files map[string]string
		want  []string
	}{
		"an id twice in one file": {
			map[string]string{"user-roles.yaml": someRequirements + strings.SplitAfterN(someRequirements, "\n", 4)[3]},
			[]string{`requirements/user-roles.yaml:9: requirement "user-roles.list.new" is already at requirements/user-roles.yaml:4; give it another id, or remove one`},
		},
		"an id that common.yaml spreads": {
			map[string]string{"user-roles.yaml": someRequirements, "common.yaml": common},
			[]string{`requirements/common.yaml:3: requirement "user-roles.list.new" is already at requirements/user-roles.yaml:4; give it another id, or remove one`},
		},
		"common.yaml with the id of one system": {
			map[string]string{"common.yaml": strings.Replace(common, "*", "user-roles", 1)},
			[]string{`requirements/common.yaml:3: requirement "user-roles.list.new": the id must start with "*."`},
		},
		"common.yaml with an unknown selector": {
			map[string]string{"common.yaml": strings.Replace(common, "read", "reads", 1)},
			[]string{`requirements/common.yaml:3: requirement "*.list.new": operations: unknown operation or word "reads" (did you mean "read"?)`},
		},
		"sources": {
			map[string]string{"sources.yaml": `sources:
  - {id: page, title: The page, kind: document}
  - {id: page, title: The page, kind: document}
  - {title: No id, kind: document}
  - {id: b, kind: rumour}
`},
			[]string{
				`requirements/sources.yaml:3: source "page" is there twice`,
				`requirements/sources.yaml:4: source "" has no id; write one`,
				`requirements/sources.yaml:5: source "b" has no title; write one`,
				`requirements/sources.yaml:5: source "b": kind: unknown value "rumour"; it is one of document, reference, recording, live-test, release-note, code`,
			},
		},
		"everything at once": {
			map[string]string{
				"user-roles.yaml": entry("must", "shall"),
				"targets.yaml":    "system: targets\ntitle: t\nrequirements:\n  - {id: targets.x, level: may}\n",
			},
			[]string{
				`requirements/targets.yaml:4: requirement "targets.x" has no statement; write one`,
				`requirements/targets.yaml:4: requirement "targets.x" has no source; name at least one`,
				`requirements/targets.yaml:4: requirement "targets.x": operations: name at least one`,
				`requirements/user-roles.yaml:4: requirement "user-roles.x": level: unknown value "shall"; it is one of must, should, may`,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := readCatalogue(catalogueOf(test.files), someOperations)
			if err == nil {
				t.Fatal("taken")
			}
			if diff := cmp.Diff(test.want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := readCatalogue(fstest.MapFS{}, someOperations); err == nil || !strings.Contains(err.Error(), sourcesFile) {
		t.Errorf("without sources: %v", err)
	}
}

func FuzzCatalogue(f *testing.F) {
	f.Add(someSources, someRequirements, "system: common\nrequirements: []\n")
	f.Add(someSources, entry("listRoles", "x"), "")
	f.Add("sources: [{}]", "a: &a [*a]", "- - : ? !!binary x")
	f.Fuzz(func(t *testing.T, sources, system, common string) {
		c, err := readCatalogue(catalogueOf(map[string]string{
			"sources.yaml": sources, "user-roles.yaml": system, "common.yaml": common,
		}), someOperations)
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if strings.HasPrefix(line, "requirements/") {
					return
				}
			}
			t.Fatalf("an error without a place: %v", err)
		}
		seen := map[string]bool{}
		for _, r := range c.requirements {
			if seen[r.ID] || !strings.HasPrefix(r.ID, r.System+".") || r.Statement == "" || r.Line < 1 ||
				len(r.Sources) == 0 || len(r.Operations) == 0 || !slices.Contains([]Level{Must, Should, May}, r.Level) {
				t.Fatalf("taken: %+v", r)
			}
			seen[r.ID] = true
		}
	})
}
