package harness

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

func TestWaiting(t *testing.T) {
	// A change that shows at the third look.
	org := &fakeOrg{answers: map[string]func(http.ResponseWriter, int){listCall: func(w http.ResponseWriter, n int) {
		if n < 3 {
			_, _ = io.WriteString(w, "[]")
			return
		}
		_, _ = io.WriteString(w, `[{"id":"r1"}]`)
	}}}
	rows, result := played(t, org, target.Settings{Settle: 5 * time.Second}, func(c *Container) {
		c.Step("one", first, func(ctx ginkgo.SpecContext) { c.Eventually(ctx, list()).Should(HaveJSON("0.id", "r1")) })
	})
	if rows[first].Outcome != verdict.Pass || len(org.asked) != 3 {
		t.Errorf("%s after %d looks", rows[first].Outcome, len(org.asked))
	}
	if got := result.Report.Run.SettleSeconds; got != 5 {
		t.Errorf("an org that shows changes late is judged by a settle of %v s", got)
	}
	// Changes that never show are waited for in full once; each further wait asks less often.
	org = &fakeOrg{}
	var looks []int
	_, result = played(t, org, target.Settings{Settle: 400 * time.Millisecond}, func(c *Container) {
		for i, id := range []string{first, second, third, fourth} {
			c.Aside(fmt.Sprint(i), id, func(ctx ginkgo.SpecContext) {
				before := len(org.asked)
				defer func() { looks = append(looks, len(org.asked)-before) }()
				c.Eventually(ctx, list()).Should(HaveJSON("0.id", "r1"))
			})
		}
	})
	if len(looks) != 4 || looks[3] >= looks[0] || looks[3] < 2 {
		t.Errorf("the looks of four waits: %v", looks)
	}
	if result.Report.Run.SettleSeconds != 0 {
		t.Error("an org that shows nothing late is judged by a settle")
	}
}

// TestWaitThatIsCutShort shows that an org is not accused of what a run that ended could not wait for.
func TestWaitThatIsCutShort(t *testing.T) {
	rows, _ := played(t, &fakeOrg{}, target.Settings{Settle: 10 * time.Second}, func(c *Container) {
		c.Step("one", first, func(ctx ginkgo.SpecContext) {
			short, stop := context.WithTimeout(ctx, 50*time.Millisecond)
			defer stop()
			c.Eventually(short, list()).Should(HaveJSON("0.id", BeText()))
		})
	})
	if q := rows[first]; q.Outcome != verdict.NotRun || len(q.Failures) > 0 {
		t.Errorf("%s: %s", q.Outcome, q.Detail)
	}
}
