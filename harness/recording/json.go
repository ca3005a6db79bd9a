package recording

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// json reads a recording that is one JSON object: a HAR or a cassette.
func (rd *reading) json(r *bufio.Reader) error {
	t := &jsonText{r: r}
	found := false
	err := t.members(func(name string) error {
		next, err := t.peek()
		switch {
		case err != nil:
			return err
		case name == "log" && next == '{':
			return t.members(func(name string) error {
				next, err := t.peek()
				if err != nil {
					return err
				}
				if name != "entries" || next != '[' {
					return t.skip()
				}
				found, rd.sum.Format = true, formatHAR
				return rd.jsonEntries(t, rd.harEntry)
			})
		case name == "interactions" && next == '[':
			found = true
			return rd.jsonEntries(t, rd.jsonInteraction)
		}
		return t.skip()
	})
	if !found {
		if err == nil {
			return errUnknownFormat
		}
		if isBroken(err) {
			return fmt.Errorf("%w: %w", errUnknownFormat, err)
		}
		return err
	}
	return rd.jsonEnd(t, err)
}

// jsonEnd reports a text that broke off, and one that goes on behind the recording.
func (rd *reading) jsonEnd(t *jsonText, err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		rd.problem("after "+rd.place(), "the file was cut short")
		return nil
	case isBroken(err):
		rd.problem("after "+rd.place(), err.Error()+"; nothing behind it could be read")
		return nil
	case err != nil:
		return err
	}
	if _, err := t.peek(); !errors.Is(err, io.ErrUnexpectedEOF) {
		if err != nil {
			return err
		}
		rd.problem("after "+rd.place(), "there is more behind the end of the recording")
	}
	return nil
}

// isBroken reports whether the text is at fault, and not a reader or a visitor that failed.
func isBroken(err error) bool {
	var s syntaxError
	return errors.As(err, &s) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errTooLarge)
}

// jsonEntries reads the array of entries that comes next.
func (rd *reading) jsonEntries(t *jsonText, entry func(raw []byte) error) error {
	return t.elements(func() error {
		raw, err := t.value(rd.maxEntry)
		if err != nil && !errors.Is(err, errTooLarge) {
			return err
		}
		rd.entries++
		if err != nil {
			return rd.result(nil, err)
		}
		return entry(raw)
	})
}

// jsonInteraction reads one interaction of a cassette in JSON.
func (rd *reading) jsonInteraction(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	// Numbers keep their text, as they do in YAML.
	d.UseNumber()
	var item any
	if err := d.Decode(&item); err != nil {
		return rd.result(nil, fmt.Errorf("not JSON: %w", err))
	}
	return rd.result(rd.interaction(item))
}
