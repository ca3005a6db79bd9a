package main
import ("testing";"os";"strings")
func TestZZ(t *testing.T) {
	root := newRoot(); root.AddCommand(newReport(), newCompare(), newBaseline())
	root.SetArgs(strings.Fields(os.Getenv("ARGS"))); root.SetOut(os.Stdout)
	t.Log(root.Execute())
}
