package suites

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/target"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

// The rules that all operations of a system have in common. The catalogue names the operations of each requirement, so that a
// new operation needs no change here.
func init() {
	for _, system := range Systems() {
		Scene(system, "Calls that no operation of "+system+" may give in to", func(s *Stage) { common(s, system) })
	}
}

func common(s *Stage, system string) {
	var subject *Subject
	s.Readable()
	s.Arrange(func(ctx SpecContext) { subject = s.Subject(ctx, system) })

	refused := Rule(system, "unauthenticated-refused")
	s.Aside("without a credential", refused.ID, func(ctx SpecContext) {
		for _, op := range refused.Operations {
			Expect(s.Send(ctx, subject.Call(ctx, op).As(target.Nobody))).To(NotSucceed())
		}
		subject.StaysAsItWas(ctx)
	})

	answered401 := Rule(system, "unauthenticated-401")
	s.Aside("without a credential, which 401 says", answered401.ID, func(ctx SpecContext) {
		for _, op := range answered401.Operations {
			Expect(s.Send(ctx, subject.Call(ctx, op).As(target.Nobody))).To(HaveStatus(401))
		}
	})

	forged := Rule(system, "invalid-token-401")
	s.Aside("with a token that was never issued", forged.ID, func(ctx SpecContext) {
		for _, op := range forged.Operations {
			Expect(s.Send(ctx, subject.Call(ctx, op).As(target.Forged))).To(BeRefusedWith(401, "E0000011"))
		}
	})

	outsider := Rule(system, "outsider-forbidden")
	s.Aside("by somebody without admin rights", outsider.ID, func(ctx SpecContext) {
		for _, op := range outsider.Operations {
			Expect(s.Send(ctx, subject.Call(ctx, op).As(target.Outsider))).To(BeRefusedWith(403, "E0000006"))
		}
		subject.StaysAsItWas(ctx)
	})

	readable := Rule(system, "reader-may-read")
	s.Aside("by a reader, unless they only read", readable.ID, func(ctx SpecContext) {
		for _, op := range readable.Operations {
			s.Eventually(ctx, subject.Call(ctx, op).As(target.Reader)).Still(BeAccepted())
		}
	})

	forbidden := Rule(system, "reader-writes-forbidden")
	s.Aside("by a reader, to write", forbidden.ID, func(ctx SpecContext) {
		for _, op := range forbidden.Operations {
			Expect(s.Send(ctx, subject.Call(ctx, op).As(target.Reader))).To(HaveStatus(403))
		}
		subject.StaysAsItWas(ctx)
	})

	scopeless := Rule(system, "scopeless-forbidden")
	s.Aside("without the scope", scopeless.ID, func(ctx SpecContext) {
		for _, op := range scopeless.Operations {
			answer := s.Send(ctx, subject.Call(ctx, op).As(target.Scopeless))
			Expect(answer).To(HaveStatus(403))
			Expect(answer).To(HaveHeader("WWW-Authenticate", MatchRegexp(`^(Bearer|DPoP)\b.*error="insufficient_scope"`)))
		}
	})

	throttled := Rule(system, "throttled-refused")
	s.Aside("by somebody who has used up the limit", throttled.ID, func(ctx SpecContext) {
		for _, op := range throttled.Operations {
			answer := s.Send(ctx, subject.Call(ctx, op).As(target.Throttled))
			Expect(answer).To(BeRefusedWith(429, "E0000047"))
			Expect(answer).To(HaveHeader("X-Rate-Limit-Limit", MatchRegexp(`^\d+$`)))
			Expect(answer).To(HaveHeader("X-Rate-Limit-Remaining", "0"))
			Expect(answer).To(HaveHeader("X-Rate-Limit-Reset", MatchRegexp(`^\d+$`)))
		}
		subject.StaysAsItWas(ctx)
	})

	refusals := Rule(system, "error-ids-differ")
	s.Aside("of which each refusal has an id of its own", refusals.ID, func(ctx SpecContext) {
		missing := subject.Missing(ctx, refusals.Operations[0])
		first := s.Send(ctx, missing)
		Expect(first).To(BeRefused())
		second := s.Send(ctx, missing)
		Expect(second).To(BeRefused())
		Expect(second).To(Show("the errorId", ErrorID, And(Not(BeEmpty()), Not(Equal(ErrorID(first))))))
	})

	if malformed := Rule(system, "malformed-json-refused"); malformed.ID != "" {
		s.Aside("with a body that is no JSON", malformed.ID, func(ctx SpecContext) {
			for _, op := range malformed.Operations {
				broken := subject.Call(ctx, op).WithBytes([]byte(`{"type": "READ_ONLY_ADMIN"`)).Defective("not JSON")
				Expect(s.Send(ctx, broken)).To(BeRefusedWith(400, "E0000003"))
			}
			subject.StaysAsItWas(ctx)
		})
	}

	odd := Rule(system, "odd-ids-no-server-error")
	s.Aside("with odd identifiers", odd.ID, func(ctx SpecContext) {
		kinds := []string{"x", strings.Repeat("a", 300), "a/b", "ÄÖ€"}
		for i, op := range odd.Operations {
			// Each operation gets one of them, in turn.
			answer := s.Send(ctx, subject.Odd(ctx, op, kinds[i%len(kinds)]))
			Expect(answer).To(NotBeAServerError())
			if op.Writes() {
				Expect(answer).To(NotSucceed())
			}
		}
		subject.StaysAsItWas(ctx)
	})

	method := Rule(system, "unsupported-method")
	s.Aside("by a method that there is not", method.ID, func(ctx SpecContext) {
		answer := s.Send(ctx, subject.Call(ctx, method.Operations[0]).Method("PATCH").Defective("no such method"))
		Expect(answer).To(Show("the status", (*Answer).Status, And(BeNumerically(">=", 400), BeNumerically("<", 500))))
		if answer.Status() != 405 || answer.ErrorCode() != "E0000022" {
			s.Note("refused otherwise: %s", answer.Line())
		}
	})

	query := Rule(system, "unknown-query-ignored")
	s.Aside("with a query parameter that nobody defined, which is to be ignored", query.ID, func(ctx SpecContext) {
		for _, op := range query.Operations {
			answer := s.Send(ctx, subject.Call(ctx, op).Query("rolecheck", "1").Defective("a query parameter that nobody defined"))
			Expect(answer).To(NotBeAServerError())
			if answer.Status() >= 300 {
				s.Note("refused: %s", answer.Line())
			}
		}
	})
}
