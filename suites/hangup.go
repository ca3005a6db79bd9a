package suites

import (
	"os"
	"os/signal"
	"syscall"
)

// asTermination has a hang-up, as of a terminal that is closed, end the run in good order, as SIGTERM does. It returns what
// ends that.
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
				_ = self.Signal(syscall.SIGTERM) // where there is no such signal, there is no hang-up either
			}
		case <-done:
		}
	}()
	return func() {
		signal.Stop(hangUps)
		close(done)
	}
}
