package view

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/text"
)

// maxAnnotations is how many annotations of one kind GitHub takes from one step.
const maxAnnotations = 10

// GitHub shows the report in a job of GitHub Actions: annotations by way of w, which has to be the job's output, and the
// Markdown view as the job's summary. Anywhere else it does nothing. lookup is os.LookupEnv.
func GitHub(w io.Writer, lookup func(string) (string, bool), r *report.Report) error {
	if on, _ := lookup("GITHUB_ACTIONS"); on != "true" {
		return nil
	}
	if _, err := io.WriteString(w, annotations(r)); err != nil {
		return fmt.Errorf("writing annotations: %w", err)
	}
	path, ok := lookup("GITHUB_STEP_SUMMARY")
	if !ok || path == "" {
		return nil
	}
	summary, err := renderMarkdown(r)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("writing the job's summary: %w", err)
	}
	_, err = f.Write(append(summary, '\n'))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing the job's summary: %w", err)
	}
	return nil
}

func annotations(r *report.Report) string {
	var errs, warnings []string
	row := func(kind string, q report.Requirement) string {
		return annotation(kind, q.ID+" ("+string(q.Level)+")", q.Text()+"\nrequires: "+q.Statement)
	}
	for _, q := range in(r, report.StateFail) {
		errs = append(errs, row("error", q))
	}
	for _, q := range in(r, report.StateFinding) {
		warnings = append(warnings, row("warning", q))
	}
	for _, a := range stale(r) {
		errs = append(errs, annotation("error", "Stale in the baseline", a.Requirement+" "+a.Why()))
	}
	for _, g := range unverified(r) {
		if g.State == report.StateOpen {
			errs = append(errs, annotation("error", fmt.Sprintf("%s, %s", text.Count(len(g.IDs), "requirement"), g.Outcome), g.Reason))
		}
	}
	if c := conclude(r); c.State == report.StateOpen && len(errs) == 0 {
		errs = append(errs, annotation("error", "Could not verify", strings.TrimSpace(c.String()+"\n"+r.Run.Problem)))
	}
	var b strings.Builder
	for _, list := range [][]string{errs, warnings} {
		for _, line := range list[:min(len(list), maxAnnotations)] {
			b.WriteString(line)
		}
	}
	return b.String()
}

var (
	escapeMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func annotation(kind, title, message string) string {
	return fmt.Sprintf("::%s title=%s::%s\n", kind, escapeProperty.Replace(title), escapeMessage.Replace(text.Shorten(clean(message), 2000)))
}
