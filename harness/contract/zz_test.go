package contract
import "testing"
func BenchmarkZZ(b *testing.B) {
	j := newJudge(b, Options{})
	x := samples(b)["List24KB"]
	for b.Loop() { j.Judge(x) }
}
