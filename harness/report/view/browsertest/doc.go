// Package browsertest opens the HTML report in a real browser. It is a module of its own, so that nobody who uses
// rolecheck carries a browser's driver along. Its tests need Chromium in the PATH, and fail without it.
package browsertest
