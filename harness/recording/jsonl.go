package recording

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// exchanges reads a file that rolecheck wrote: a header line, an exchange a line, and a footer line that counts them.
// exchange.Read reads the same; this one goes on behind a line that cannot be read.
func (rd *reading) exchanges(r *bufio.Reader) error {
	rd.sum.Format = Exchanges
	in := &lines{r: r, limit: rd.maxEntry}
	// The format was detected by the header.
	head, err := in.next()
	if err != nil {
		return err
	}
	var h struct {
		Part bool `json:"part"`
	}
	rd.sum.Part = json.Unmarshal(head, &h) == nil && h.Part
	ended := false
	for {
		line, err := in.next()
		place := "line " + strconv.Itoa(in.n)
		switch {
		case errors.Is(err, io.EOF):
			if !ended {
				rd.problem("after "+place, "the file was cut short: it has no line that counts its exchanges")
			}
			return nil
		case errors.Is(err, errTooLarge):
			rd.entries++
			rd.problem(place, err.Error())
			continue
		case err != nil:
			return err
		case isNothing(line):
			continue
		case ended:
			rd.problem(place, "there is more behind the line that counts the exchanges")
			return nil
		}
		if n, ok := footer(line); ok {
			if ended = true; n != rd.entries {
				rd.problem(place, fmt.Sprintf("the file was cut short: it counts %d exchanges and holds %d", n, rd.entries))
			}
			continue
		}
		if err := rd.exchangeLine(place, line); err != nil {
			return err
		}
	}
}

// footer reads the last line.
func footer(line []byte) (int, bool) {
	if !bytes.HasPrefix(line, []byte(`{"exchanges"`)) {
		return 0, false
	}
	var f struct {
		Exchanges *int `json:"exchanges"`
	}
	if json.Unmarshal(line, &f) != nil || f.Exchanges == nil {
		return 0, false
	}
	return *f.Exchanges, true
}

func (rd *reading) exchangeLine(place string, line []byte) error {
	rd.entries++
	x := &exchange.Exchange{}
	err := x.UnmarshalJSON(line)
	switch {
	case err != nil:
	case x.Request.Method == "":
		err = errors.New("the request has no method")
	case !x.Request.URL.IsAbs():
		err = errors.New("the request's URL is not absolute")
	case x.Response != nil:
		err = checkStatus(x.Response.Status)
	}
	if err != nil {
		rd.problem(place, "not an exchange: "+err.Error())
		return nil
	}
	// The requirement was that of another run.
	x.Requirement = ""
	x.Part = rd.sum.Part
	return rd.deliver(place, x)
}
