package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/watch"
)

// Watch follows the mounts of a live host. A saved host does not change; its
// recording is opened by [OpenRecording].
func (h *Host) Watch(ctx context.Context, opts watch.Options) (*watch.Watcher, error) {
	if !h.Live() {
		return nil, fmt.Errorf("watch %s: nothing happens on a saved host", h.label)
	}
	k := h.src.Kernel.(anyKernel).Kernel
	w, err := watch.Start(ctx, watch.Sources{Host: h.src, Kernel: k, Proc: h.procDir}, opts)
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", h.label, err)
	}
	return w, nil
}

// OpenRecording reads a file that `nsview watch --record` wrote; it may be
// compressed by gzip. Another file is [watch.ErrNoRecording]. A recording that
// is cut short gives what could be read beside a [watch.CutShort].
func OpenRecording(name string) (*watch.Recording, error) {
	f, err := os.Open(name)
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	if err != nil {
		return nil, fmt.Errorf("read recording %s: %w", name, err)
	}
	defer f.Close()
	r, err := readRecording(f)
	if err != nil {
		return r, fmt.Errorf("read recording %s: %w", name, err)
	}
	return r, nil
}

func readRecording(f io.Reader) (*watch.Recording, error) {
	in, err := unzipped(f)
	if err != nil {
		return nil, err
	}
	return watch.ReadRecording(in)
}

// OfSnapshot is a host that was saved and is in memory already, such as the
// beginning of a recording. The label names it in errors.
func OfSnapshot(s *snapshot.Snapshot, label string) *Host { return &Host{saved: s, label: label} }
