package spec

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	catalogueDir = "requirements"
	sourcesFile  = catalogueDir + "/sources.yaml"
	// commonSystem is the system of the file whose entries hold for every system.
	commonSystem = "common"
)

var (
	idForm  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+$`)
	rowForm = regexp.MustCompile(`^R[0-9]{3}$`)
)

// LoadCatalogue reads the files requirements/*.yaml in fsys, and spreads the entries of common.yaml over the systems of
// the operations. Every mistake in every file is reported, each with file and line.
func LoadCatalogue(fsys fs.FS, ops []Operation) ([]Requirement, error) {
	c, err := readCatalogue(fsys, ops)
	if err != nil {
		return nil, err
	}
	return c.requirements, nil
}

// catalogue is what the files of the catalogue say.
type catalogue struct {
	systems      []System
	requirements []Requirement
}

// catalogueReader reads one catalogue.
type catalogueReader struct {
	catalogue
	operations   []Operation
	operationIDs []string
	sources      map[string]Source
	// places say where each id was first written.
	places map[string]string
	errs   []error
}

func readCatalogue(fsys fs.FS, ops []Operation) (catalogue, error) {
	names, err := fs.Glob(fsys, catalogueDir+"/*.yaml")
	if err != nil {
		return catalogue{}, fmt.Errorf("listing the catalogue: %w", err)
	}
	r := &catalogueReader{operations: ops, sources: map[string]Source{}, places: map[string]string{}}
	for _, o := range ops {
		r.operationIDs = append(r.operationIDs, o.ID)
	}
	if !slices.Contains(names, sourcesFile) {
		return catalogue{}, fmt.Errorf("%s: no such file; it lists the sources that requirements name", sourcesFile)
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(turn(a), turn(b)) })
	for _, name := range names {
		reader := r.readSystem
		if name == sourcesFile {
			reader = r.readSources
		}
		if err := r.read(fsys, name, reader); err != nil {
			return catalogue{}, err
		}
	}
	if err := errors.Join(r.errs...); err != nil {
		return catalogue{}, err
	}
	return r.catalogue, nil
}

// turn is when a file is read: sources before the requirements that name them, and what holds for every system last, so
// that a system's own requirements come first.
func turn(file string) int {
	switch systemOf(file) {
	case systemOf(sourcesFile):
		return 0
	case commonSystem:
		return 2
	default:
		return 1
	}
}

// systemOf is the system that a file of that name must be about. What holds for every system may be spread over several
// files, common-history.yaml for one.
func systemOf(file string) string {
	name := strings.TrimSuffix(path.Base(file), ".yaml")
	if strings.HasPrefix(name, commonSystem+"-") {
		return commonSystem
	}
	return name
}

// read hands the top of a file to a reader, and keeps what was found wrong.
func (r *catalogueReader) read(fsys fs.FS, name string, reader func(*yamlFile, *yaml.Node)) error {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return fmt.Errorf("reading the catalogue: %w", err)
	}
	f := &yamlFile{name: name}
	if top := f.parse(text); top != nil {
		reader(f, top)
	}
	r.errs = append(r.errs, f.errs...)
	return nil
}

func (r *catalogueReader) readSources(f *yamlFile, top *yaml.Node) {
	fields := f.fields(top, "the file", "sources")
	f.demand(top, "the file", fields, "sources")
	for _, item := range f.items(fields["sources"], "sources") {
		what := nameOf("source", item)
		source := f.fields(item, what, "id", "title", "kind")
		f.demand(item, what, source, "id", "title", "kind")
		id := f.text(source["id"], what+": id")
		if id == "" {
			continue
		}
		if _, twice := r.sources[id]; twice {
			f.fail(item.Line, "%s is there twice", what)
			continue
		}
		r.sources[id] = Source{
			In:    id,
			Title: f.text(source["title"], what+": title"),
			Kind: f.choice(source["kind"], what+": kind",
				"document", "reference", "recording", "live-test", "release-note", "code"),
		}
	}
}

func (r *catalogueReader) readSystem(f *yamlFile, top *yaml.Node) {
	fields := f.fields(top, "the file", "system", "title", "requirements")
	f.demand(top, "the file", fields, "system", "requirements")
	system, want := f.text(fields["system"], "system"), systemOf(f.name)
	if system != "" && system != want {
		f.fail(fields["system"].Line, "system %q is not the file's name; write %s, or rename the file", system, want)
	}
	if want != commonSystem {
		f.demand(top, "the file", fields, "title")
		r.systems = append(r.systems, System{ID: want, Title: f.text(fields["title"], "title")})
	}
	for _, item := range f.items(fields["requirements"], "requirements") {
		requirement, ok := r.readRequirement(f, item, want)
		if !ok {
			continue
		}
		if want == commonSystem {
			r.spread(f, requirement)
			continue
		}
		requirement.System = want
		r.add(f, requirement)
	}
}

// readRequirement reads one entry; it returns false where the entry has no id to speak of it by.
func (r *catalogueReader) readRequirement(f *yamlFile, n *yaml.Node, system string) (Requirement, bool) {
	what := nameOf("requirement", n)
	fields := f.fields(n, what, "id", "level", "statement", "source", "operations", "needs", "rows", "by",
		"unobservable", "unproven")
	f.demand(n, what, fields, "id", "level", "statement", "source", "operations")

	q := Requirement{
		ID:           f.text(fields["id"], what+": id"),
		Level:        Level(f.choice(fields["level"], what+": level", string(Must), string(Should), string(May))),
		By:           BySuite,
		Statement:    f.text(fields["statement"], what+": statement"),
		Sources:      r.readSourcesOf(f, fields["source"], what),
		Operations:   r.readOperations(f, fields["operations"], what, system),
		Needs:        f.names(fields["needs"], what+": needs", "need", needNames()),
		Rows:         f.names(fields["rows"], what+": rows", "row", nil),
		Unobservable: f.text(fields["unobservable"], what+": unobservable"),
		Unproven:     f.text(fields["unproven"], what+": unproven"),
		File:         f.name,
		Line:         n.Line,
	}
	if by := fields["by"]; by != nil {
		q.By = By(f.choice(by, what+": by", string(BySuite), string(ByExchange), string(ByRequest), string(ByHistory), string(ByClient)))
	}
	for _, row := range q.Rows {
		if !rowForm.MatchString(row) {
			f.fail(fields["rows"].Line, "%s: row %q is not R and three digits", what, row)
		}
	}
	if q.ID == "" {
		return q, false
	}
	return q, f.checkID(fields["id"].Line, q.ID, system)
}

// checkID refuses an id that does not start with its system, or is not made of lower-case words.
func (f *yamlFile) checkID(line int, id, system string) bool {
	prefix := system + "."
	if system == commonSystem {
		prefix = "*."
	}
	rule, ok := strings.CutPrefix(id, prefix)
	if !ok {
		f.fail(line, "requirement %q: the id must start with %q", id, prefix)
		return false
	}
	if !idForm.MatchString("x." + rule) {
		f.fail(line, "requirement %q: the id must be words of lower-case letters, digits and hyphens with dots between", id)
		return false
	}
	return true
}

func (r *catalogueReader) readSourcesOf(f *yamlFile, n *yaml.Node, what string) []Source {
	var out []Source
	items := f.items(n, what+": source")
	if n != nil && n.Kind == yaml.SequenceNode && len(items) == 0 {
		f.fail(n.Line, "%s: source is empty; name at least one", what)
	}
	for _, item := range items {
		fields := f.fields(item, what+": a source", "in", "section")
		f.demand(item, what+": a source", fields, "in")
		id := f.text(fields["in"], what+": in")
		if id == "" {
			continue
		}
		source, ok := r.sources[id]
		if !ok {
			f.fail(fields["in"].Line, "%s: unknown source %q%s; %s lists them", what, id,
				Suggestion(id, slices.Sorted(maps.Keys(r.sources))), sourcesFile)
			continue
		}
		source.Section = f.text(fields["section"], what+": section")
		out = append(out, source)
	}
	return out
}

// readOperations reads what an entry is about: one selector, or a list of them. Those of a system's own file select among
// the operations of that system, and those of any other file among all.
func (r *catalogueReader) readOperations(f *yamlFile, n *yaml.Node, what, system string) []string {
	if n == nil {
		return nil
	}
	what += ": operations"
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	if len(items) == 0 {
		f.fail(n.Line, "%s is empty; name at least one", what)
	}
	var out []string
	for _, item := range items {
		selector := f.text(item, what)
		if selector == "" {
			continue
		}
		ids, err := r.selected(selector, system)
		if err != nil {
			f.fail(item.Line, "%s: %v", what, err)
		}
		for _, id := range ids {
			if slices.Contains(out, id) {
				f.fail(item.Line, "%s: operation %q is there twice", what, id)
				continue
			}
			out = append(out, id)
		}
	}
	return out
}

// selected returns the ids of the operations that a selector stands for, in the order of the description. A selector is
// the id of one operation, or a few words each of which holds for all of its operations: properties, a verb, an object,
// and after "of" whose it is, as in "read", "list role", or "with-body role of user".
func (r *catalogueReader) selected(selector, system string) ([]string, error) {
	if slices.Contains(r.operationIDs, selector) {
		return []string{selector}, nil
	}
	selection := slices.Clone(r.operations)
	if slices.ContainsFunc(selection, func(o Operation) bool { return o.System == system }) {
		selection = slices.DeleteFunc(selection, func(o Operation) bool { return o.System != system })
	}
	words, holder, of := strings.Cut(selector, " of ")
	for word := range strings.FieldsSeq(words) {
		holds, ok := selectorWords[word]
		if !ok {
			known := slices.Concat(slices.Sorted(maps.Keys(selectorWords)), r.operationIDs)
			return nil, fmt.Errorf("unknown operation or word %q%s", word, Suggestion(word, known))
		}
		selection = slices.DeleteFunc(selection, func(o Operation) bool { return !holds(o) })
	}
	var ids []string
	for _, o := range selection {
		if !of || o.Action.Of == Holder(holder) {
			ids = append(ids, o.ID)
		}
	}
	if ids == nil {
		return nil, fmt.Errorf("%q selects no operation", selector)
	}
	return ids, nil
}

// selectorWords are the words of selectors: the properties that operations may have, the verbs, and the objects.
var selectorWords = func() map[string]func(Operation) bool {
	words := map[string]func(Operation) bool{
		"all":        func(Operation) bool { return true },
		"read":       func(o Operation) bool { return !o.Writes() },
		"write":      Operation.Writes,
		"takes-body": func(o Operation) bool { return o.TakesBody },
		"no-content": func(o Operation) bool {
			s, ok := o.Status(204)
			return ok && s.Basis.InDocuments()
		},
		"with-body": func(o Operation) bool {
			return slices.ContainsFunc(o.Statuses, func(s Status) bool { return s.Success() && s.HasBody })
		},
		"target": func(o Operation) bool { return o.Action.Object.IsTarget() },
	}
	for verb := range methods {
		words[string(verb)] = func(o Operation) bool { return o.Action.Verb == verb }
	}
	for _, object := range objects {
		words[string(object)] = func(o Operation) bool { return o.Action.Object == object }
	}
	return words
}()

// spread makes one requirement for each system that has some of the operations.
func (r *catalogueReader) spread(f *yamlFile, q Requirement) {
	systems := map[string]string{}
	var order []string
	for _, o := range r.operations {
		systems[o.ID] = o.System
		if !slices.Contains(order, o.System) {
			order = append(order, o.System)
		}
	}
	for _, system := range order {
		own := q
		own.System = system
		own.ID = system + strings.TrimPrefix(q.ID, "*")
		own.Operations = nil
		for _, id := range q.Operations {
			if systems[id] == system {
				own.Operations = append(own.Operations, id)
			}
		}
		if len(own.Operations) > 0 {
			r.add(f, own)
		}
	}
}

// add takes a requirement into the catalogue, unless its id is taken.
func (r *catalogueReader) add(f *yamlFile, q Requirement) {
	if place, taken := r.places[q.ID]; taken {
		f.fail(q.Line, "requirement %q is already at %s; give it another id, or remove one", q.ID, place)
		return
	}
	r.places[q.ID] = fmt.Sprintf("%s:%d", q.File, q.Line)
	r.requirements = append(r.requirements, q)
}

func needNames() []string {
	out := make([]string, len(Needs))
	for i, n := range Needs {
		out[i] = n.Name
	}
	return out
}

// nameOf is what errors call an entry: by its id, where it has one.
func nameOf(kind string, n *yaml.Node) string {
	for key, value := range members(n) {
		if key.Value == "id" && value.Kind == yaml.ScalarNode && value.Value != "" {
			return fmt.Sprintf("%s %q", kind, value.Value)
		}
	}
	return "a " + kind
}
