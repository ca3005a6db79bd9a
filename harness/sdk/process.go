package sdk

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// maxStderr is how much of the end of the program's standard error is kept.
const maxStderr = 64 << 10

// process is one running client program.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	// lines are those of its standard output; closed at its end.
	lines chan []byte
	// ended is closed once the process has ended, and err then says how.
	ended chan struct{}
	err   error
	// abandoned is closed once lines is no longer read.
	abandoned chan struct{}
}

func startProcess(command, env []string, stderr io.Writer) (*process, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env, cmd.Stderr = env, stderr
	// Whatever was started by the program and left its group may keep its standard error; the program's end counts.
	cmd.WaitDelay = time.Second
	ownGroup(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	// The reading end is this package's alone: exec's own pipe would be closed under the reader at the program's end.
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout = in
	err = cmd.Start()
	_ = in.Close()
	if err != nil {
		_ = out.Close()
		return nil, err
	}
	p := &process{cmd: cmd, stdin: stdin, lines: make(chan []byte), ended: make(chan struct{}), abandoned: make(chan struct{})}
	go p.read(out)
	go func() {
		p.err = cmd.Wait()
		if errors.Is(p.err, exec.ErrWaitDelay) {
			p.err = nil
		}
		// What it started must not outlive it, nor keep its standard output open.
		killGroup(cmd)
		close(p.ended)
	}()
	return p, nil
}

// read hands on the lines of the standard output until it ends. A line past the bound is cut.
func (p *process) read(out *os.File) {
	defer close(p.lines)
	defer func() { _ = out.Close() }()
	go func() {
		<-p.abandoned
		_ = out.Close()
	}()
	r := bufio.NewReader(out)
	for {
		line, err := readLine(r)
		if len(strings.TrimSpace(string(line))) > 0 {
			select {
			case p.lines <- line:
			case <-p.abandoned:
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, more, err := r.ReadLine()
		if room := maxLine - len(line); len(part) > room {
			part = part[:room]
		}
		line = append(line, part...)
		if err != nil || !more {
			return line, err
		}
	}
}

// endsWithin waits for the process to end, and reports whether it did.
func (p *process) endsWithin(limit time.Duration) bool {
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-p.ended:
		return true
	case <-t.C:
		return false
	}
}

// kill ends the process with all that belongs to its group, and waits for it.
func (p *process) kill() {
	select {
	case <-p.ended:
	default:
		killGroup(p.cmd)
	}
	close(p.abandoned)
	<-p.ended
}

// tail keeps the end of what is written to it. It is safe for concurrent use.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, b...)
	// Cutting rarely keeps this from copying the whole for every line.
	if len(t.kept) > 2*maxStderr {
		t.kept = append([]byte(nil), t.kept[len(t.kept)-maxStderr:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ToValidUTF8(string(t.kept[max(0, len(t.kept)-maxStderr):]), "?")
}
