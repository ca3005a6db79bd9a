package suites

import (
	"cmp"
	"runtime/debug"

	"github.com/rolecheck/rolecheck/harness/report"
)

// version and commit are set by the linker; see the Makefile.
var version, commit string

// Tool returns the version and commit of rolecheck that the build recorded.
func Tool() report.Tool {
	tool := report.Tool{Version: cmp.Or(version, "devel"), Commit: commit}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return tool
	}
	for _, m := range append(info.Deps, &info.Main) {
		if version == "" && m.Path == "github.com/rolecheck/rolecheck" && m.Version != "" && m.Version != "(devel)" {
			tool.Version = m.Version
		}
	}
	for _, s := range info.Settings {
		if commit == "" && s.Key == "vcs.revision" {
			tool.Commit = s.Value
		}
	}
	return tool
}
