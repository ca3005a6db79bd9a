package suites

import (
	"os"
	"os/signal"
	"syscall"
)

// asTermination makes SIGHUP, as when a terminal is closed, end the run with clean-up, as SIGTERM does. It returns a function
// that undoes this. An ignored SIGHUP stays ignored.
func asTermination() func() {
	if signal.Ignored(syscall.SIGHUP) {
		return func() {}
	}
	hangUps, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangUps, syscall.SIGHUP)
	go func() {
		select {
		case <-hangUps:
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				_ = self.Signal(syscall.SIGTERM) // a system without SIGTERM sends no SIGHUP
			}
		case <-done:
		}
	}()
	return func() {
		signal.Stop(hangUps)
		close(done)
	}
}
