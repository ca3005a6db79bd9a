package recording

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// exchanges reads a file that rolecheck wrote: a header line, an exchange a line, and a footer line that counts them.
func (rd *reading) exchanges(r *bufio.Reader) (err error) {
	rd.sum.Format = formatExchanges
	rd.sum.Part, err = exchange.ReadOn(r, rd.maxEntry, rd.exchange, func(line int, err error) error {
		rd.entries++
		rd.problem("line "+strconv.Itoa(line), err.Error())
		return nil
	})
	return err
}

// exchange delivers the exchange of a line, unless it was sent to no host or has an answer without a status code.
func (rd *reading) exchange(line int, x *exchange.Exchange) error {
	rd.entries++
	place := "line " + strconv.Itoa(line)
	var err error
	if !x.Request.URL.IsAbs() {
		err = errors.New("the request's URL is not absolute")
	} else if x.Response != nil {
		err = checkStatus(x.Response.Status)
	}
	if err != nil {
		rd.problem(place, fmt.Sprintf("not an exchange: %v", err))
		return nil
	}
	// The requirement was that of another run.
	x.Requirement = ""
	return rd.deliver(place, x)
}
