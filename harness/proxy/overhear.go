package proxy

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// overheard is one exchange while it goes by.
type overheard struct {
	exchange.Exchange
	proxy  *Proxy
	client http.ResponseWriter
	asked  *http.Request
	// sent and got are the bodies so far.
	sent, got tape
	response  exchange.Response
	// problem is why there is no answer, or not the whole of it.
	problem error
	ended   bool
}

func (p *Proxy) overhear(w http.ResponseWriter, r *http.Request) *overheard {
	o := &overheard{proxy: p, client: w, asked: r}
	o.Phase, o.Started = exchange.Observed, time.Now()
	o.Request = exchange.Request{Method: r.Method, URL: p.target(r.URL), Header: r.Header}
	if r.ContentLength != 0 {
		o.sent.expect(r.ContentLength)
		r.Body = &listener{ReadCloser: r.Body, tape: &o.sent}
	}
	return o
}

// answer begins to record an answer.
func (o *overheard) answer(res *http.Response) error {
	if res.StatusCode == http.StatusSwitchingProtocols {
		return errors.New("it switched to another protocol, for which nobody asked")
	}
	o.response = exchange.Response{Status: res.StatusCode, Header: res.Header}
	o.Response = &o.response
	// The server would add what the org left out.
	for _, name := range []string{"Date", "Content-Type"} {
		if _, ok := res.Header[name]; !ok {
			o.client.Header()[name] = nil
		}
	}
	o.got.expect(res.ContentLength)
	// Even an answer without a body ends with a look for one, and not before its headers were passed on.
	res.Body = &listener{ReadCloser: res.Body, tape: &o.got, ended: o.answered}
	return nil
}

// answered ends the exchange, for there will be no more of the answer.
func (o *overheard) answered(err error) {
	o.problem = err
	o.end()
}

// noAnswer ends the exchange where no answer will come, and answers the client.
func (o *overheard) noAnswer(w http.ResponseWriter, _ *http.Request, err error) {
	o.problem = err
	o.end()
	refuse(w, http.StatusBadGateway, "the org gave no answer", err.Error())
}

// end hands the exchange on, once.
func (o *overheard) end() {
	if o.ended {
		return
	}
	o.ended = true
	o.Duration = time.Since(o.Started)
	o.Request.Body = o.sent.body()
	aborted := o.asked.Context().Err() != nil
	switch {
	case o.Response == nil && aborted:
		o.Error = "the client went away before the org answered"
	case o.Response == nil:
		o.Error, o.Cause = fmt.Sprintf("the org gave no answer: %v", o.problem), o.problem
	default:
		o.Response.Body = o.got.body()
		if !o.got.whole {
			o.Error, o.Cause = brokeOff(o.problem, aborted), o.problem
		}
	}
	o.proxy.opts.Observe(&o.Exchange)
}

// tape keeps what goes by, up to the bound for bodies.
type tape struct {
	// The transport may still be sending a request's body when the answer has come.
	mu    sync.Mutex
	bytes []byte
	// left is how many bytes are still to come; negative where nobody said.
	left int64
	// expected says that there is a body at all, whole that its end has come, cut that there was more than is kept.
	expected, whole, cut bool
}

// firstBytes is how much room is made at once for a body, however long it says it is.
const firstBytes = 64 << 10

func (t *tape) expect(length int64) {
	t.expected, t.left = true, length
	if length > 0 {
		t.bytes = make([]byte, 0, min(length, firstBytes))
	}
}

// add keeps what was read, and reports whether the end has come with it.
func (t *tape) add(b []byte, err error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	keep := min(len(b), exchange.MaxBody-len(t.bytes))
	t.bytes = append(t.bytes, b[:keep]...)
	t.cut = t.cut || keep < len(b)
	t.left -= int64(len(b))
	t.whole = t.whole || errors.Is(err, io.EOF) || t.left == 0 && len(b) > 0
	return t.whole || err != nil
}

// body returns the bytes that were kept so far.
func (t *tape) body() exchange.Body {
	t.mu.Lock()
	defer t.mu.Unlock()
	return exchange.Body{Bytes: t.bytes, Truncated: t.cut || t.expected && !t.whole}
}

// listener is a body that is overheard while somebody else reads it.
type listener struct {
	io.ReadCloser
	tape *tape
	// ended is called once, with the end and the error that came with it; it may be nil.
	ended func(error)
}

func (l *listener) Read(b []byte) (int, error) {
	n, err := l.ReadCloser.Read(b)
	if l.tape.add(b[:n], err) && l.ended != nil {
		l.ended(err)
		l.ended = nil
	}
	return n, err
}
