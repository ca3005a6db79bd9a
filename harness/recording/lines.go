package recording

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// lines reads a text line by line, each up to a bound.
type lines struct {
	r     *bufio.Reader
	limit int
	n     int
	// buf holds a line that is longer than the reader's buffer.
	buf []byte
}

// next returns the next line with its end, valid until the next call; io.EOF after the last one. A line longer than
// the limit is returned up to there, with errTooLarge.
func (l *lines) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	if err == nil || errors.Is(err, io.EOF) && len(line) > 0 {
		l.n++
		return line, nil
	}
	if !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	if cap(l.buf) > 1<<20 {
		l.buf = nil
	}
	l.buf = append(l.buf[:0], line...)
	tooLarge := false
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = l.r.ReadSlice('\n')
		if tooLarge = tooLarge || len(l.buf)+len(line) > l.limit; !tooLarge {
			l.buf = append(l.buf, line...)
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	l.n++
	if tooLarge {
		return l.buf, errTooLarge
	}
	return l.buf, nil
}

// isNothing reports whether a line holds nothing but white space.
func isNothing(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 }
