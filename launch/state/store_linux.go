package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Container is what is known of one that runs.
type Container struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	// PID is its first process, Keeper the nsview that looks after it, as
	// their host counts.
	PID     int      `json:"pid"`
	Keeper  int      `json:"keeper"`
	Command []string `json:"command"`
	Root    string   `json:"root,omitempty"` // a path of the host, when it is one
	Log     string   `json:"log,omitempty"`
}

// Store is the directory of a user's containers.
type Store struct{ dir string }

// In is the store in a directory, which is made when a container is added.
func In(dir string) *Store { return &Store{dir} }

// Entry is a container of one's own in the store.
type Entry struct {
	dir, link string
	lock      *os.File
}

// ErrNameTaken says that a running container has the name.
var ErrNameTaken = errors.New("a running container has that name")

// goodName keeps names out of the way of paths, options and terminals.
var goodName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]*$`)
})

// Add reserves an id and a name, which may be "". Whoever adds has the paths of
// [Entry.Paths] removed in the end.
func (s *Store) Add(id, name string) (*Entry, error) {
	if name != "" && !goodName().MatchString(name) {
		return nil, fmt.Errorf("name the container %q: names are letters, digits, and behind the first _ . -", name)
	}
	e := &Entry{dir: filepath.Join(s.dir, id)}
	if err := os.MkdirAll(filepath.Join(s.dir, "names"), 0o755); err != nil {
		return nil, fmt.Errorf("note the container: %w", err)
	}
	if err := os.Mkdir(e.dir, 0o755); err != nil {
		return nil, fmt.Errorf("note the container: %w", err)
	}
	if err := e.hold(); err != nil {
		_ = os.RemoveAll(e.dir)
		return nil, fmt.Errorf("note the container: %w", err)
	}
	if err := s.take(e, id, name); err != nil {
		e.Close()
		_ = os.RemoveAll(e.dir)
		return nil, fmt.Errorf("name the container %q: %w", name, err)
	}
	return e, nil
}

// hold takes the lock, for as long as this process lives.
func (e *Entry) hold() error {
	f, err := os.OpenFile(filepath.Join(e.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		return err
	}
	e.lock = f
	return nil
}

// take makes the link of the name. One that leads to a container which nobody
// looks after any more is replaced.
func (s *Store) take(e *Entry, id, name string) error {
	if name == "" {
		return nil
	}
	link := filepath.Join(s.dir, "names", name)
	for range 10 { // others may want the name too
		err := os.Symlink(id, link)
		if err == nil {
			e.link = link
			return nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		if old, err := os.Readlink(link); err == nil && s.held(old) {
			return ErrNameTaken
		}
		_ = os.Remove(link)
	}
	return ErrNameTaken
}

// held says whether somebody looks after a container.
func (s *Store) held(id string) bool {
	f, err := os.Open(filepath.Join(s.dir, filepath.Base(id), "lock"))
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK)
}

// Paths are the directory of the entry and, unless it is "", the link of its
// name.
func (e *Entry) Paths() (dir, link string) { return e.dir, e.link }

// Save writes what is known. Readers see the old text or the new one.
func (e *Entry) Save(c Container) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("note the container: %w", err)
	}
	name := filepath.Join(e.dir, "state.json")
	if err := os.WriteFile(name+".new", append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("note the container: %w", err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		return fmt.Errorf("note the container: %w", err)
	}
	return nil
}

// Close lets go of the entry.
func (e *Entry) Close() { _ = e.lock.Close() }

// Find is the running container of that name, id, or beginning of an id that no
// other has.
func (s *Store) Find(name string) (Container, error) {
	var found []string
	if id, err := os.Readlink(filepath.Join(s.dir, "names", filepath.Base(name))); err == nil && goodName().MatchString(name) {
		found = []string{filepath.Base(id)}
	} else if name != "" {
		found = s.ids(name)
	}
	switch {
	case len(found) > 1:
		return Container{}, fmt.Errorf("find container %q: the ids of %d begin so", name, len(found))
	case len(found) == 0 || !s.held(found[0]):
		return Container{}, fmt.Errorf("find container %q: none of that name or id is running in %s", name, s.dir)
	}
	return s.read(found[0])
}

// ids are those of running containers that begin so.
func (s *Store) ids(begin string) []string {
	var list []string
	entries, _ := os.ReadDir(s.dir) // a store that is not there has none
	for _, e := range entries {
		if e.Name() != "names" && strings.HasPrefix(e.Name(), begin) && s.held(e.Name()) {
			list = append(list, e.Name())
		}
	}
	return list
}

// Running are the containers that run, by id. One of which nothing can be read,
// as when it is about to start, is not among them.
func (s *Store) Running() []Container {
	var list []Container
	for _, id := range s.ids("") {
		if c, err := s.read(id); err == nil {
			list = append(list, c)
		}
	}
	return list
}

func (s *Store) read(id string) (Container, error) {
	var c Container
	text, err := os.ReadFile(filepath.Join(s.dir, id, "state.json"))
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		return c, fmt.Errorf("read what is known of container %s: %w", id, err)
	}
	return c, nil
}
