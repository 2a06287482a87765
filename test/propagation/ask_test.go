//go:build linux

package propagation_test

import (
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/predict"
)

// truth is what the kernel did.
type truth struct {
	there    bool
	refused  error // why nothing could be mounted there
	arrivals []arrived
}

// arrived is one place where the mount appeared.
type arrived struct {
	ns      uint64
	point   string
	beneath int // the mount that is on top of it, 0 for none
	hidden  bool
	via     predict.Via
}

// ask makes the mount, looks where it is, and takes it away again.
func (w *topology) ask(from, to spot, probe string) truth {
	var on int
	err := from.space.in(func() error {
		on = mountAt(from.path)
		return mountProbe(from.path, probe)
	})
	if err != nil {
		return truth{refused: err}
	}
	var answer truth
	ids := map[int]bool{}
	for _, s := range w.spaces {
		answer.arrivals = append(answer.arrivals, w.arrivedIn(s, probe, on)...)
		for _, id := range w.probes(s, probe) {
			ids[id.id] = true
		}
	}
	err = to.space.in(func() error {
		answer.there = ids[mountAt(to.path)]
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.takeAway(from, on, probe)
	w.sweep(probe)
	return answer
}

func (w *topology) probes(s *space, probe string) []entry {
	list, err := s.table()
	if err != nil {
		w.t.Fatal(err)
	}
	return slices.DeleteFunc(list, func(e entry) bool { return e.source != probe })
}

// mountProbe mounts a new file system on a directory, or a file of it on a
// file.
func mountProbe(path, probe string) error {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return unix.Mount(probe, path, "tmpfs", 0, "")
	}
	fs, err := newFS(probe)
	if err != nil {
		return err
	}
	defer unix.Close(fs)
	file, err := unix.Openat(fs, "f", unix.O_CREAT|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return err
	}
	unix.Close(file)
	return unix.Mount("/proc/thread-self/fd/"+strconv.Itoa(fs)+"/f", path, "", unix.MS_BIND, "")
}
