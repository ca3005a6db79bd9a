package traffic

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// answers counts the answers to the contract's operations. Those that speak of the credential, of the limits or of a
// failing gateway tell nothing of how the org keeps the contract, and neither does one that broke off.
type answers struct {
	telling, broken, unauthenticated, throttled, failed int
}

func (a *answers) add(x *exchange.Exchange) {
	switch status := x.Status(); {
	case x.Response == nil || x.Error != "":
		a.broken++
	case status == http.StatusUnauthorized:
		a.unauthenticated++
	case status == http.StatusTooManyRequests:
		a.throttled++
	case status >= http.StatusInternalServerError:
		a.failed++
	default:
		a.telling++
	}
}

// String says why none of the answers tells anything.
func (a *answers) String() string {
	all := a.broken + a.unauthenticated + a.throttled + a.failed
	every := fmt.Sprintf("every one of the %d answers ", all)
	if all == 1 {
		every = "the only answer "
	}
	var mixed []string
	for _, kind := range []struct {
		n         int
		was, then string
	}{
		{a.broken, "broke off or never came", ""},
		{a.unauthenticated, "was 401", ": the credential was not taken"},
		{a.throttled, "was 429", ": the rate limit was used up"},
		{a.failed, "was a 5xx", ": the org, or a gateway before it, failed"},
	} {
		if kind.n == all {
			return every + kind.was + kind.then
		}
		if kind.n > 0 {
			was := kind.was
			if kind.n > 1 {
				was = strings.Replace(strings.Replace(was, "was a ", "were ", 1), "was ", "were ", 1)
			}
			mixed = append(mixed, fmt.Sprintf("%d %s", kind.n, was))
		}
	}
	return fmt.Sprintf("none of the %d answers tells how the org keeps the contract: %s", all, strings.Join(mixed, ", "))
}
