package harness_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/rolecheck/rolecheck"

// arrows are the imports within the module that must never be: from packages with a prefix to packages with a prefix.
var arrows = []struct{ from, to, why string }{
	{"spec", "", "what the documents say rests on nothing else"},
	{"fixtures/mockorg", "", "the org and its judge must not share a mistake"},
	{"harness", "fixtures", "judging knows nothing of what is judged"},
	{"harness", "suites", "the harness carries the specs, not the other way round"},
	{"harness", "cmd", "the command is on top"},
	{"harness/exchange", "harness/", "what was said on the wire rests on nothing else"},
	{"harness/contract", "harness/report", "judging comes before reporting"},
	{"harness/contract", "harness/target", "an exchange is judged the same whoever answered"},
	{"fixtures", "harness/contract", "making things is not judging them"},
	{"fixtures", "harness/report", "making things is not reporting them"},
	{"fixtures", "suites", "fixtures serve the suites"},
	{"suites", "cmd", "the command is on top"},
}

// knowGinkgo are the packages that may import Ginkgo or Gomega outside of their tests.
var knowGinkgo = []string{"harness", "harness/report", "suites", "suites/stage"}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestArrows(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", module+"/...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("listing the packages: %v", err)
	}
	packages := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; packages++ {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, problem := range forbidden(p) {
			t.Error(problem)
		}
	}
	if packages < 8 {
		t.Errorf("only %d packages were looked at", packages)
	}
}

func forbidden(p listed) []string {
	var out []string
	from := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
	for _, imported := range p.Imports {
		to, own := strings.CutPrefix(imported, module+"/")
		for _, a := range arrows {
			if own && within(from, a.from) && (a.to == "" || within(to, a.to)) && !within(to, a.from) {
				out = append(out, from+" imports "+to+": "+a.why)
			}
		}
		if strings.HasPrefix(imported, "github.com/onsi/") && !contains(knowGinkgo, from) {
			out = append(out, from+" imports "+imported+": only the harness, the report's fold and the suites know Ginkgo")
		}
	}
	return out
}

func within(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, strings.TrimSuffix(prefix, "/")+"/")
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// The check itself catches what it is there for.
func TestForbiddenArrows(t *testing.T) {
	tests := map[string]struct {
		from, to string
		bad      bool
	}{
		"the description imports the judge":   {"spec", module + "/harness/contract", true},
		"the org imports the description":     {"fixtures/mockorg", module + "/spec", true},
		"a part of the harness makes things":  {"harness/proxy", module + "/fixtures", true},
		"the harness runs the suites":         {"harness", module + "/suites", true},
		"fixtures send by the sender":         {"fixtures", module + "/harness/exchange", false},
		"the suites use the harness":          {"suites", module + "/harness", false},
		"the judge reads the description":     {"harness/contract", module + "/spec", false},
		"the judge knows Ginkgo":              {"harness/contract", "github.com/onsi/gomega", true},
		"the org uses the standard library":   {"fixtures/mockorg", "net/http", false},
		"the sender knows what is reported":   {"harness/exchange", module + "/harness/report", true},
		"the command knows the reference org": {"cmd/rolecheck", module + "/fixtures/mockorg", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := forbidden(listed{ImportPath: module + "/" + test.from, Imports: []string{test.to}})
			if (len(got) > 0) != test.bad {
				t.Errorf("got %v", got)
			}
		})
	}
}
