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

	"github.com/rolecheck/rolecheck/spec/strict"
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

// catalogue is the content of the catalogue's files.
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

// readCatalogue reads the files requirements/*.yaml in fsys, and spreads the entries of common.yaml over the systems of the
// operations. Every mistake in every file is reported, each with file and line.
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

// read reads one file with the reader for its content, and keeps what was found wrong.
func (r *catalogueReader) read(fsys fs.FS, name string, reader func(f *catalogueFile, text []byte) error) error {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return fmt.Errorf("reading the catalogue: %w", err)
	}
	f := &catalogueFile{name: name}
	if err := reader(f, text); err != nil {
		r.errs = append(r.errs, err)
	}
	r.errs = append(r.errs, f.errs...)
	return nil
}

func (r *catalogueReader) readSources(f *catalogueFile, text []byte) error {
	var content struct {
		Sources []strict.At[sourceEntry] `yaml:"sources"`
	}
	if err := strict.Load(f.name, text, &content); err != nil {
		return err
	}
	for _, at := range content.Sources {
		e, line := at.Value, at.Line
		what := fmt.Sprintf("source %q", e.ID)
		f.require(line, what, "id", e.ID, "title", e.Title, "kind", e.Kind)
		f.oneOf(line, what+": kind", e.Kind, "document", "reference", "recording", "live-test", "release-note", "code")
		if _, twice := r.sources[e.ID]; twice {
			f.fail(line, "%s is there twice", what)
			continue
		}
		r.sources[e.ID] = Source{In: e.ID, Title: e.Title, Kind: e.Kind}
	}
	return nil
}

func (r *catalogueReader) readSystem(f *catalogueFile, text []byte) error {
	var content struct {
		System       string                        `yaml:"system"`
		Title        string                        `yaml:"title"`
		Requirements []strict.At[requirementEntry] `yaml:"requirements"`
	}
	if err := strict.Load(f.name, text, &content); err != nil {
		return err
	}
	want := systemOf(f.name)
	if content.System != want {
		f.fail(1, "system %q is not the file's name; write %s, or rename the file", content.System, want)
	}
	if want != commonSystem {
		f.require(1, "the file", "title", content.Title)
		r.systems = append(r.systems, System{ID: want, Title: content.Title})
	}
	if len(content.Requirements) == 0 {
		f.fail(1, "the file has no requirements; write one")
	}
	for _, e := range content.Requirements {
		requirement, ok := r.readRequirement(f, e.Value, e.Line, want)
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
	return nil
}

// readRequirement checks one entry; it returns false where the entry has no valid id.
func (r *catalogueReader) readRequirement(f *catalogueFile, e requirementEntry, line int, system string) (Requirement, bool) {
	what := fmt.Sprintf("requirement %q", e.ID)
	f.require(line, what, "id", e.ID, "level", e.Level, "statement", e.Statement)
	f.oneOf(line, what+": level", e.Level, string(Must), string(Should), string(May))
	f.oneOf(line, what+": by", e.By, string(BySuite), string(ByExchange), string(ByRequest), string(ByHistory), string(ByClient))
	f.names(line, what+": needs", "need", e.Needs, needNames())
	f.names(line, what+": rows", "row", e.Rows, nil)
	for _, row := range e.Rows {
		if !rowForm.MatchString(row) {
			f.fail(line, "%s: row %q is not R and three digits", what, row)
		}
	}
	q := Requirement{
		ID:           e.ID,
		Level:        Level(e.Level),
		By:           By(cmp.Or(e.By, string(BySuite))),
		Statement:    strings.TrimSpace(e.Statement),
		Sources:      r.readSourcesOf(f, e, line, what),
		Operations:   r.readOperations(f, e.Operations, line, what+": operations", system),
		Needs:        e.Needs,
		Rows:         e.Rows,
		Unobservable: strings.TrimSpace(e.Unobservable),
		Unproven:     strings.TrimSpace(e.Unproven),
		File:         f.name,
		Line:         line,
	}
	return q, e.ID != "" && f.checkID(line, e.ID, system)
}

// checkID refuses an id that does not start with its system, or does not consist of lower-case words.
func (f *catalogueFile) checkID(line int, id, system string) bool {
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

func (r *catalogueReader) readSourcesOf(f *catalogueFile, e requirementEntry, line int, what string) []Source {
	if len(e.Source) == 0 {
		f.fail(line, "%s has no source; name at least one", what)
	}
	var out []Source
	for _, named := range e.Source {
		source, ok := r.sources[named.In]
		if !ok {
			f.fail(line, "%s: unknown source %q%s; %s lists them", what, named.In,
				strict.Suggestion(named.In, slices.Sorted(maps.Keys(r.sources))), sourcesFile)
			continue
		}
		source.Section = named.Section
		out = append(out, source)
	}
	return out
}

// readOperations returns the ids of the operations that an entry is about, by its selectors. Those of a system's own file
// select among the operations of that system, and those of any other file among all.
func (r *catalogueReader) readOperations(f *catalogueFile, selectors []string, line int, what, system string) []string {
	if len(selectors) == 0 {
		f.fail(line, "%s: name at least one", what)
	}
	var out []string
	for _, selector := range selectors {
		ids, err := r.selected(selector, system)
		if err != nil {
			f.fail(line, "%s: %v", what, err)
		}
		for _, id := range ids {
			if slices.Contains(out, id) {
				f.fail(line, "%s: operation %q is there twice", what, id)
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
			return nil, fmt.Errorf("unknown operation or word %q%s", word, strict.Suggestion(word, known))
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
func (r *catalogueReader) spread(f *catalogueFile, q Requirement) {
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

// add adds a requirement to the catalogue, unless its id is taken.
func (r *catalogueReader) add(f *catalogueFile, q Requirement) {
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
