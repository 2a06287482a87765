package main

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// cutFile takes FILE, FILE:TARGET or TARGET apart. Both a file's name and a
// TARGET may hold colons: the shortest start that is a saved host is the file.
func cutFile(text string) (file, target string, err error) {
	switch {
	case text == "":
		return "", "", errEmptyTarget
	case savedHost(text):
		return text, "", nil
	}
	for i, c := range text {
		if c != ':' || !savedHost(text[:i]) {
			continue
		}
		if target = text[i+1:]; target == "" {
			return "", "", errEmptyTarget
		}
		return text[:i], target, nil
	}
	return "", text, nil
}

// savedHost says whether a word names a saved host and no TARGET. A container
// may be called like a directory here, so that needs a slash; a file that cannot
// be read from at all is a namespace's.
func savedHost(name string) bool {
	if _, err := strconv.ParseUint(name, 10, 64); err == nil || name == "self" {
		return false
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return false
	case info.IsDir():
		return strings.Contains(name, "/")
	case !info.Mode().IsRegular():
		return true // a pipe, which must not be read twice
	}
	f, err := os.Open(name)
	if err != nil {
		return true // opening it again says why
	}
	defer f.Close()
	_, err = f.Read(make([]byte, 1))
	return !errors.Is(err, syscall.EINVAL)
}
