package recording

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Expand returns the files that the patterns match, sorted and each once. A pattern is a file, a folder or a glob. A folder
// matches all files below it, except for hidden ones and for the earlier reports that a folder with a report keeps in its
// folder "earlier", which have to be named by themselves. A pattern that matches no file is an error.
func Expand(patterns []string) ([]string, error) {
	var files []string
	for _, p := range patterns {
		found, err := expand(p)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

func expand(pattern string) ([]string, error) {
	// A name that is there is taken as it is, brackets and all.
	paths := []string{pattern}
	if _, err := os.Stat(pattern); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("looking for recordings: %w", err)
		}
		if paths, err = filepath.Glob(pattern); err != nil {
			return nil, fmt.Errorf("the pattern %q: %w", pattern, err)
		}
		paths = slices.DeleteFunc(paths, holdsEarlier)
	}
	var files []string
	for _, path := range paths {
		below, err := filesBelow(path)
		if err != nil {
			return nil, err
		}
		files = append(files, below...)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%q matches no file", pattern)
	}
	return files, nil
}

// holdsEarlier reports whether the path is that of a folder in which a report keeps the ones before it.
func holdsEarlier(path string) bool {
	if filepath.Base(path) != "earlier" {
		return false
	}
	_, err := os.Stat(filepath.Join(filepath.Dir(path), "report.json"))
	return err == nil
}

// filesBelow returns the file at path, or all files below the folder at path.
func filesBelow(path string) ([]string, error) {
	// A link to a folder is walked only with the separator behind it.
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path += string(filepath.Separator)
	}
	var files []string
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name != path && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if name != path && d.IsDir() && holdsEarlier(name) {
			return fs.SkipDir
		}
		// Stat follows links, which the walk does not.
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			files = append(files, filepath.Clean(name))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for recordings: %w", err)
	}
	return files, nil
}

// Names returns a name for each of the paths: the last elements of the path, as few as distinguish it from the others.
func Names(paths []string) []string {
	names := make([]string, len(paths))
	open := make([]int, len(paths))
	for i := range paths {
		open[i] = i
	}
	for elements := 1; len(open) > 0; elements++ {
		seen := map[string]int{}
		for _, i := range open {
			names[i] = lastElements(paths[i], elements)
			seen[names[i]]++
		}
		open = slices.DeleteFunc(open, func(i int) bool {
			return seen[names[i]] == 1 || lastElements(paths[i], elements+1) == names[i]
		})
	}
	return names
}

// lastElements returns the last n elements of a path, with slashes.
func lastElements(path string, n int) string {
	path = filepath.ToSlash(filepath.Clean(path))
	elements := strings.Split(path, "/")
	return strings.Join(elements[max(0, len(elements)-n):], "/")
}
