package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/folder"
	"github.com/rolecheck/rolecheck/harness/report/view"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/suites"
)

func newReport() *cobra.Command {
	c := &cobra.Command{
		Use:   "report",
		Short: "Render a report again, or verify it",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newRender(), newVerify())
	return c
}

func newRender() *cobra.Command {
	c := &cobra.Command{
		Use:   "render REPORT.json",
		Short: "Render views of a report: HTML, Markdown and JUnit, or those that are asked for",
		Args:  cobra.ExactArgs(1),
	}
	asked := map[string]*bool{}
	for _, v := range view.All() {
		if asked[v.Name] == nil {
			asked[v.Name] = c.Flags().Bool(v.Name, false, v.Help)
		}
	}
	out := c.Flags().String("out", "", "`DIR`: where to write; beside the report by default")
	c.RunE = func(c *cobra.Command, args []string) error {
		r, err := report.Open(args[0])
		if err != nil {
			return err
		}
		exchanges, err := report.OpenNamed(args[0], r)
		if errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(c.ErrOrStderr(), "there is no %s beside the report: its views name the evidence and cannot show it\n", report.FileExchanges)
		} else if err != nil {
			return err
		}
		dir := cmp.Or(*out, folderOf(args[0]))
		if err := folder.Make(dir); err != nil {
			return err
		}
		views := slices.DeleteFunc(view.All(), func(v view.View) bool { return !*asked[v.Name] })
		if len(views) == 0 {
			views = slices.DeleteFunc(view.All(), func(v view.View) bool { return !v.Default })
		}
		switch err := folder.WriteViews(dir, r, exchanges, views); {
		case errors.Is(err, folder.ErrAnotherRun), errors.Is(err, folder.ErrForeign):
			return fmt.Errorf("%w: name another folder with --out", err)
		case err != nil:
			return unverified{err}
		}
		for _, v := range views {
			fmt.Fprintln(c.OutOrStdout(), filepath.Join(dir, v.File))
		}
		return nil
	}
	return c
}

// folderOf is the folder of a report, which may be named by its file or by its folder.
func folderOf(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return path
	}
	return filepath.Dir(path)
}

func newVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify REPORT.json",
		Short: "Recompute every result and count of a report from its rows and exchanges",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			problems, err := report.Verify(args[0], suites.Tool())
			if err != nil {
				return err
			}
			for _, p := range problems {
				fmt.Fprintln(c.OutOrStdout(), p)
			}
			if len(problems) > 0 {
				return exitError{verdict.ExitFailed}
			}
			r, err := report.Open(args[0])
			if err != nil {
				return err
			}
			if r.Part() {
				fmt.Fprintf(c.OutOrStdout(), "the report agrees with its rows and with the exchanges in its folder: those that are named as evidence, %d of %d\n",
					r.Exchanges.Kept, r.Exchanges.Total-r.Exchanges.Unreadable)
				return nil
			}
			fmt.Fprintln(c.OutOrStdout(), "the report is complete, and agrees with its rows and exchanges")
			return nil
		},
	}
}
