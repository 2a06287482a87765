package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
)

// ownDir is a directory of the user's for nsview, by the XDG base directory
// specification.
func (a *app) ownDir(variable, inHome, name string) (string, error) {
	base := a.getenv(variable)
	if !filepath.IsAbs(base) {
		home := a.getenv("HOME")
		if !filepath.IsAbs(home) {
			return "", hinted{errors.New("no home directory"), "set HOME or " + variable}
		}
		base = filepath.Join(home, inHome)
	}
	return filepath.Join(base, "nsview", name), nil
}

// runtimeDir is where running containers are noted: /run/nsview for root, else
// below XDG_RUNTIME_DIR.
func (a *app) runtimeDir() (string, error) {
	if !ordinary() {
		return "/run/nsview", nil
	}
	dir := a.getenv("XDG_RUNTIME_DIR")
	if !filepath.IsAbs(dir) {
		return "", hinted{
			errors.New("find a place for the names of containers: no XDG_RUNTIME_DIR"),
			"set XDG_RUNTIME_DIR to a directory of your own, as /run/user/" + strconv.Itoa(os.Geteuid()),
		}
	}
	return filepath.Join(dir, "nsview"), nil
}
