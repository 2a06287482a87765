package sweep

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// Kind is what is to be removed.
type Kind string

// The kinds.
const (
	// Group is a control group. What still runs in it or below it is killed.
	Group Kind = "group"
	// Dir is a directory with all that is in it. It stays when something is
	// mounted below it, and nothing behind a mount is touched.
	Dir Kind = "dir"
	// File is a file, symbolic link or empty directory.
	File Kind = "file"
)

// Sweeper removes what it was told of when the program ends.
type Sweeper struct {
	pipe *os.File
	cmd  *exec.Cmd
	said bytes.Buffer
}

// Start starts a sweeper, which is in a session of its own: what a terminal
// or a shell sends to the program's group of processes does not reach it.
func Start() (*Sweeper, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start the sweeper: %w", err)
	}
	defer r.Close()
	s := &Sweeper{pipe: w}
	s.cmd = &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{sweeperName}, Dir: "/", Env: []string{"GOMAXPROCS=1"},
		ExtraFiles: []*os.File{r}, Stderr: &s.said,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := s.cmd.Start(); err != nil {
		_ = w.Close()
		return nil, fmt.Errorf("start the sweeper: %w", err)
	}
	return s, nil
}

// Add has the sweeper remove what is at a path. It is called before the thing
// is made: what is not there is removed already. The last that was added is
// removed first.
func (s *Sweeper) Add(kind Kind, path string) error {
	if strings.Contains(path, "\x00") || !strings.HasPrefix(path, "/") {
		return fmt.Errorf("have %q removed at the end: not an absolute path", path)
	}
	// One write: a program that dies in the middle has told nothing or all.
	if _, err := s.pipe.WriteString(string(kind) + " " + path + "\x00"); err != nil {
		return fmt.Errorf("have %s removed at the end: %w", path, err)
	}
	return nil
}

// Close has everything removed and waits for it. The error says what could not
// be removed. A sweeper that is nil has nothing to do.
func (s *Sweeper) Close() error {
	if s == nil || s.cmd == nil {
		return nil
	}
	_ = s.pipe.Close()
	err := s.cmd.Wait()
	s.cmd = nil
	said, swept := strings.CutSuffix(s.said.String(), done)
	switch said = strings.TrimSpace(said); {
	case said != "":
		return errors.New(said)
	case err != nil:
		return fmt.Errorf("tidy up: the sweeper ended with %w", err)
	case !swept:
		return errors.New("tidy up: the sweeper has not done its work: does the program ask Dispatch?")
	}
	return nil
}

const (
	sweeperName = "nsview-sweeper"

	listFD = 3
	done   = "done\n" // the last that a sweeper says
)

// Dispatch does the sweeper's work when this process is one, and returns false
// at once when it is not. When it returns true nothing is left but to exit.
func Dispatch() bool {
	if len(os.Args) != 1 || os.Args[0] != sweeperName {
		return false
	}
	list, err := io.ReadAll(os.NewFile(listFD, "list"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "tidy up: read what is to be removed:", err)
	}
	items := strings.Split(string(list), "\x00")
	for i := len(items) - 1; i >= 0; i-- {
		kind, path, ok := strings.Cut(items[i], " ")
		if !ok {
			continue
		}
		if err := remove(Kind(kind), path); err != nil {
			fmt.Fprintf(os.Stderr, "tidy up: remove %s: %v\n", path, err)
		}
	}
	fmt.Fprint(os.Stderr, done)
	return true
}

func remove(kind Kind, path string) error {
	var err error
	switch kind {
	case Group:
		err = removeGroup(path)
	case Dir:
		err = removeDir(path)
	case File:
		err = os.Remove(path)
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
