package suites

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/spec"
)

// The checks that every operation shares are planted for each system from the description: an operation joins them by
// being described.
var _ = func() bool {
	s, err := spec.Load()
	if err != nil {
		panic(err)
	}
	for _, system := range s.Systems {
		if len(s.OperationsOf(system.ID)) > 0 {
			Specs(system.ID, "What every operation of "+system.ID+" has in common", func() { common(s, system.ID) })
		}
	}
	return true
}()

func common(s *spec.Spec, system string) {
	// the plants a spec for a rule, which gets the operations of the system that the rule is about.
	the := func(rule, text string, check func(ctx SpecContext, v *victim, ops []spec.Operation)) {
		q, ok := s.Requirement(system + "." + rule)
		if !ok {
			// No operation of the system is of the kind that the rule is about.
			return
		}
		It(text, Requirement(q.ID), func(ctx SpecContext) {
			var ops []spec.Operation
			for _, id := range q.Operations {
				op, _ := s.Operation(id)
				ops = append(ops, op)
			}
			check(ctx, victimOf(ctx, system), ops)
		})
	}

	the("unauthenticated-refused", "succeeds for nobody without a credential", func(ctx SpecContext, v *victim, ops []spec.Operation) {
		forEach(ops, func(op spec.Operation) {
			x := withoutCredential(ctx, v, op)
			Expect(x).NotTo(HaveStatus(200, 201, 202, 204), op.ID)
			Expect(x.Response).NotTo(BeNil(), x.Line())
		})
		v.examine(ctx)
	})

	the("unauthenticated-401", "answers 401 without a credential", func(ctx SpecContext, v *victim, ops []spec.Operation) {
		forEach(ops, func(op spec.Operation) {
			Expect(withoutCredential(ctx, v, op)).To(HaveStatus(401), op.ID)
		})
	})

	the("invalid-token-401", "answers 401 to a token that was never issued", func(ctx SpecContext, v *victim, ops []spec.Operation) {
		forEach(ops, func(op spec.Operation) {
			Expect(org.Send(ctx, v.call(op).As(target.Forged))).To(BeRefusedWith(401, "E0000011"), op.ID)
		})
	})

	the("outsider-forbidden", "forbids everything to a caller without admin rights", func(ctx SpecContext, v *victim, ops []spec.Operation) {
		forEach(ops, func(op spec.Operation) {
			Expect(org.Send(ctx, v.call(op).As(target.Outsider))).To(BeRefusedWith(403, "E0000006"), op.ID)
		})
		v.examine(ctx)
	})

	the("reader-may-read", "lets a reader read", func(ctx SpecContext, v *victim, ops []spec.Operation) {
		forEach(ops, func(op spec.Operation) {
			Expect(org.Send(ctx, v.call(op).As(target.Reader))).To(BeAccepted(), op.ID)
		})
	})

	the("reader-writes-forbidden", "forbids a reader to write", func(ctx SpecContext, v *victim, ops []spec.Operation) {
		forEach(ops, func(op spec.Operation) {
			Expect(org.Send(ctx, v.call(op).As(target.Reader))).To(HaveStatus(403), op.ID)
		})
		Expect(v.examine(ctx)).To(BeEmpty())
	})

	the("scopeless-forbidden", "says that the scope is missing", func(ctx SpecContext, v *victim, ops []spec.Operation) {
		forEach(ops, func(op spec.Operation) {
			x := org.Send(ctx, v.call(op).As(target.Scopeless))
			Expect(x).To(HaveStatus(403), op.ID)
			Expect(header(x, "WWW-Authenticate")).To(MatchRegexp(`^(Bearer|DPoP)\b.*error="insufficient_scope"`), "the header WWW-Authenticate of %s", x.Line())
		})
		v.examine(ctx)
	})

	the("throttled-refused", "refuses a credential that has used up its limit", func(ctx SpecContext, v *victim, ops []spec.Operation) {
		forEach(ops, func(op spec.Operation) {
			x := org.Send(ctx, v.call(op).As(target.Throttled))
			Expect(x).To(BeRefusedWith(429, "E0000047"), op.ID)
			Expect(header(x, "X-Rate-Limit-Limit")).To(MatchRegexp(`^\d+$`), "the header X-Rate-Limit-Limit of %s", x.Line())
			Expect(header(x, "X-Rate-Limit-Remaining")).To(Equal("0"), "the header X-Rate-Limit-Remaining of %s", x.Line())
			Expect(header(x, "X-Rate-Limit-Reset")).To(MatchRegexp(`^\d+$`), "the header X-Rate-Limit-Reset of %s", x.Line())
		})
		Expect(v.examine(ctx)).To(BeEmpty())
	})

	the("error-ids-differ", "gives every refusal an id of its own", func(ctx SpecContext, v *victim, ops []spec.Operation) {
		org.Need(ctx, v.call(ops[0]))
		refusal := func() string {
			x := org.Send(ctx, v.with(unknownID(ops[0])).call(ops[0]))
			Expect(x).To(BeRefused())
			id := Decode[struct {
				ErrorID string `json:"errorId"`
			}](x).ErrorID
			Expect(id).NotTo(BeEmpty(), x.Line())
			return id
		}
		Expect(refusal()).NotTo(Equal(refusal()), "the errorId of two refusals")
	})

	the("malformed-json-refused", "refuses a body that is no JSON", func(ctx SpecContext, v *victim, ops []spec.Operation) {
		forEach(ops, func(op spec.Operation) {
			x := org.Send(ctx, v.call(op).WithBytes([]byte(`{"type": "READ_ONLY_ADMIN"`)).Defective("not JSON"))
			Expect(x).To(BeRefusedWith(400, "E0000003"), op.ID)
		})
		Expect(v.examine(ctx)).To(BeEmpty())
	})

	the("odd-ids-no-server-error", "is not harmed by odd identifiers", func(ctx SpecContext, v *victim, ops []spec.Operation) {
		odd := []string{"x", strings.Repeat("a", 300), "a/b", "ÄÖ€"}
		i := 0
		forEach(ops, func(op spec.Operation) {
			// Each operation has one of them, and the next one the next.
			x := org.Send(ctx, oddly(v, op, odd[i%len(odd)]))
			i++
			Expect(x).To(NotBeAServerError(), op.ID)
			if op.Writes() {
				Expect(x).NotTo(HaveStatus(200, 201, 202, 204), op.ID)
			}
		})
		v.examine(ctx)
	})

	the("unsupported-method", "refuses a method that a path does not have", func(ctx SpecContext, v *victim, ops []spec.Operation) {
		x := org.Send(ctx, v.call(ops[0]).Method("PATCH").Defective("no such method"))
		Expect(x.Status()).To(BeNumerically("~", 450, 49), x.Line())
		if code, err := ErrorCode(x); x.Status() != 405 || err != nil || code != "E0000022" {
			org.Note("refused otherwise: %s", x.Line())
		}
	})

	the("unknown-query-ignored", "does not mind a query parameter that nobody defined", func(ctx SpecContext, v *victim, ops []spec.Operation) {
		forEach(ops, func(op spec.Operation) {
			x := org.Send(ctx, v.call(op).Query("rolecheck", "1").Defective("a query parameter that nobody defined"))
			Expect(x).To(NotBeAServerError(), op.ID)
			if x.Status() >= 300 {
				org.Note("refused: %s", x.Line())
			}
		})
	})
}

// unauthenticated are the answers to calls without a credential, by operation. Two specs look at them.
var unauthenticated map[string]*exchange.Exchange

func withoutCredential(ctx SpecContext, v *victim, op spec.Operation) *exchange.Exchange {
	x := unauthenticated[op.ID]
	if x == nil {
		x = org.Send(ctx, v.call(op).As(target.Nobody))
		unauthenticated[op.ID] = x
		return x
	}
	org.Cite(x)
	return x
}

// forEach checks one operation after the other and fails with all that is wrong, not with the first of it.
func forEach(ops []spec.Operation, check func(spec.Operation)) {
	var problems []string
	for _, op := range ops {
		problems = append(problems, InterceptGomegaFailures(func() { check(op) })...)
	}
	if len(problems) > 0 {
		org.Fail(strings.Join(problems, "\n\n"))
	}
}
