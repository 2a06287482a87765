//go:build linux

package propagation_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// topology is some namespaces with a common past. Everything in it follows from
// its seed.
type topology struct {
	t      *testing.T
	rnd    *rand.Rand
	base   string // the directory that all of it is below
	spaces []*space
	jails  []inmate
	held   []int    // detached trees
	log    []string // what was done
}

// inmate is a process with a root of its own.
type inmate struct {
	space *space
	pid   int
	dir   string
}

const (
	mostSpaces = 6
	mostMounts = 60 // of a namespace: rbinds of shared trees double it
)

// grow makes a topology by random operations.
func grow(t *testing.T, seed uint64) *topology {
	t.Helper()
	w := found(t, seed)
	if home := w.spaces[0]; w.rnd.IntN(5) > 0 {
		w.note(unix.Mount("", w.base, "", unix.MS_SHARED, ""), home, "make-shared %s", w.base)
	}
	for range 12 + w.rnd.IntN(14) {
		w.step()
	}
	return w
}

// found lays the base of a topology: one file system, one namespace.
func found(t *testing.T, seed uint64) *topology {
	t.Helper()
	w := &topology{t: t, rnd: rand.New(rand.NewPCG(seed, 3)), base: t.TempDir()}
	home := &space{kind: byFile}
	if err := home.keep("/proc/thread-self/ns/mnt"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		unix.Close(home.fd)
		for _, fd := range w.held {
			unix.Close(fd)
		}
		for unix.Unmount(w.base, unix.MNT_DETACH) == nil { // what is stacked there
		}
	})
	if err := unix.Mount("base", w.base, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	if err := furnish(w.base); err != nil {
		t.Fatal(err)
	}
	w.spaces = []*space{home}
	return w
}

// furnish makes the directories and files that everything happens on.
func furnish(dir string) error {
	for _, d := range []string{"a", "b", "c", "a/x", "a/y", "b/x", "a/x/z"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return err
		}
	}
	for _, f := range []string{"f", "a/f"} {
		if err := os.WriteFile(filepath.Join(dir, f), nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// note logs an operation with what the kernel said; not all of them may work.
func (w *topology) note(err error, s *space, format string, args ...any) {
	result := "ok"
	if err != nil {
		result = err.Error()
	}
	line := fmt.Sprintf("in %d: %s: %s", s.ino, fmt.Sprintf(format, args...), result)
	w.log = append(w.log, strings.ReplaceAll(line, w.base, ""))
}

// operations are what may happen, with how often.
var operations = []struct {
	weight int
	do     func(w *topology, s *space, a, b string) error
	name   string
}{
	{18, (*topology).mountFS, "mount tmpfs"},
	{16, (*topology).bind, "bind"},
	{8, (*topology).rbind, "rbind"},
	{5, (*topology).bindFile, "bind-file"},
	{30, (*topology).propagate, "propagate"},
	{6, (*topology).unmount, "umount"},
	{4, (*topology).move, "move"},
	{4, (*topology).beneath, "beneath"},
	{3, (*topology).remove, "rmdir"},
	{6, (*topology).detach, "open_tree"},
	{2, (*topology).attach, "attach"},
}

func (w *topology) step() {
	s := pick(w, w.spaces)
	if len(w.spaces) < mostSpaces && w.rnd.IntN(5) == 0 {
		k := kind(w.rnd.IntN(int(numOfKinds)))
		n := s.clone(w.t, k)
		w.spaces = append(w.spaces, n)
		w.note(nil, s, "clone: mnt:[%d], %v", n.ino, k)
		return
	}
	total := 0
	for _, op := range operations {
		total += op.weight
	}
	at := w.rnd.IntN(total)
	for _, op := range operations {
		if at -= op.weight; at >= 0 {
			continue
		}
		w.try(s, op.name, op.do)
		return
	}
}

// try does an operation on two random places. A name may end in the words that
// the operation chose, given by an error of type did.
func (w *topology) try(s *space, name string, do func(w *topology, s *space, a, b string) error) {
	a, b := pick(w, w.paths(s, false)), pick(w, w.paths(s, false))
	err := s.in(func() error { return do(w, s, a, b) })
	if said := did(""); errors.As(err, &said) {
		name, err = name+" "+string(said), nil
	}
	w.note(err, s, "%s [%s %s]", name, a, b)
}

// did is what an operation says it has done.
type did string

func (d did) Error() string { return string(d) }

func pick[T any](w *topology, list []T) T { return list[w.rnd.IntN(len(list))] }

// paths are the directories that a namespace shows below the base, with the
// files when those are wanted.
func (w *topology) paths(s *space, files bool) []string {
	var list []string
	err := s.in(func() error {
		list = walk(w.base, 4, files)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

func walk(dir string, depth int, files bool) []string {
	list := []string{dir}
	entries, err := os.ReadDir(dir)
	if err != nil || depth == 0 {
		return list
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch info, err := os.Lstat(name); {
		case err != nil:
		case info.IsDir():
			list = append(list, walk(name, depth-1, files)...)
		case files:
			list = append(list, name)
		}
	}
	return list
}
