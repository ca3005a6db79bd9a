//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package folder

import "os"

// lock does nothing: the standard library has no lock for a folder here.
func lock(*os.File) error { return nil }
