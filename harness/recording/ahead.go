package recording

import (
	"runtime"
	"sync"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// maxAheadBytes bounds the texts of entries that are read ahead; one alone may be longer.
const maxAheadBytes = 16 << 20

// ahead lets entries be read while the text behind them is looked at, by all processors. They are taken in in their
// order, by whoever adds them.
type ahead struct {
	waiting []upcoming
	size    int
	reading sync.WaitGroup
}

// upcoming is an entry that is being read.
type upcoming struct {
	read chan struct{}
	size int
	take func() error
}

// add begins to read an entry with a text of that size, and takes in earlier ones for which there is no more room.
func (a *ahead) add(size int, read func(), take func() error) error {
	for len(a.waiting) > 0 && (len(a.waiting) >= 2*runtime.GOMAXPROCS(0) || a.size+size > maxAheadBytes) {
		if err := a.next(); err != nil {
			return err
		}
	}
	u := upcoming{read: make(chan struct{}), size: size, take: take}
	a.reading.Go(func() {
		defer close(u.read)
		read()
	})
	a.waiting = append(a.waiting, u)
	a.size += size
	return nil
}

// next takes in the first entry that waits.
func (a *ahead) next() error {
	first := a.waiting[0]
	<-first.read
	a.waiting = a.waiting[1:]
	a.size -= first.size
	return first.take()
}

// rest takes in all that wait.
func (a *ahead) rest() error {
	for len(a.waiting) > 0 {
		if err := a.next(); err != nil {
			return err
		}
	}
	return nil
}

// entry has the current entry read. What cannot be read is noted with its place.
func (rd *reading) entry(place string, size int, read func() (*exchange.Exchange, Format, error)) error {
	number := rd.entries
	var x *exchange.Exchange
	var format Format
	var err error
	return rd.ahead.add(size, func() { x, format, err = read() }, func() error {
		rd.found(format)
		if err != nil {
			rd.problem(place, err.Error())
			return nil
		}
		return rd.deliver(number, place, x)
	})
}

// found notes the format where that shows only by an entry.
func (rd *reading) found(f Format) {
	if rd.sum.Format == "" {
		rd.sum.Format = f
	}
}
