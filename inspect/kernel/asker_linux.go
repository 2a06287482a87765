package kernel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// What may wait for a file server that is dead is done by an asker: this program
// once more, which can be left behind. A thread could be left behind too, but
// not by a program that ends: it stays until all of its threads have, and one
// that waits for a FUSE server that has taken the request and does not answer
// cannot be killed (request_wait_answer in fs/fuse/dev.c).
const askerName = "nsview-asker"

// mayAsk: the program's main asks Dispatch, so that it can be an asker. Other
// programs make do with threads.
var mayAsk atomic.Bool

// Dispatch does an asker's work when this process is one, and returns false at
// once when it is not. It belongs into the beginning of a program that wants to
// end though a file server does not answer. When it returns true nothing is left
// but to exit.
func Dispatch() bool {
	if len(os.Args) != 1 || os.Args[0] != askerName {
		mayAsk.Store(true)
		return false
	}
	var q question
	if err := json.NewDecoder(os.Stdin).Decode(&q); err == nil {
		_ = json.NewEncoder(os.Stdout).Encode(q.answer())
	}
	return true
}

// question is what an asker is asked. Names are bytes: they need not be UTF-8.
type question struct {
	Kind  questionKind
	Path  []byte
	IsOwn bool // the namespace is the program's own
	NS    bool // a descriptor of a namespace was passed on
	Root  bool // a descriptor of a root directory was passed on
	Sizes []target
	Limit time.Duration // for each of Sizes
	Who   int           // on whose behalf
}

type questionKind string

const (
	askSizes questionKind = "sizes" // statfs(2) of mounts
	askPath  questionKind = "path"  // where a path leads
	askEntry questionKind = "entry" // what a path ends at
	askFile  questionKind = "file"  // which namespace a file is
	askPlace questionKind = "place" // which file a path leads to
)

// reply is what an asker answers.
type reply struct {
	Sizes  []*snapshot.Usage
	Silent int

	At             Resolved
	Entry          Entry
	Path, RootPath []byte // of At, or of Entry

	Type  snapshot.Type
	Ino   uint64
	Place Place

	Errno unix.Errno // 0 for none, or an error that is only Text
	Text  string
}

// Descriptors of an asker: that of /proc, then those of the question.
const firstPassedFD = 3

func (q question) answer() reply {
	next := firstPassedFD
	k := New(&ProcDir{fd: next})
	v := ownView
	v.isOwn = q.IsOwn
	for _, fd := range []struct {
		passed bool
		into   *int
	}{{q.NS, &v.ns}, {q.Root, &v.root}} {
		if fd.passed {
			next++
			*fd.into = next
		}
	}
	var r reply
	var err error
	switch q.Kind {
	case askSizes:
		r.Sizes, r.Silent, err = sizesOf(context.Background(), v, q.Sizes, q.Limit)
	case askPath, askEntry:
		answer := make(chan reply)
		onOwnThread(func() { answer <- q.follow(k, v) })
		return <-answer
	case askFile:
		r.Type, r.Ino, err = nsFile(string(q.Path))
	case askPlace:
		r.Place = placeAt(unix.AT_FDCWD, string(q.Path))
		err, r.Place.Err = r.Place.Err, nil
	}
	return r.failed(err)
}

func (r reply) failed(err error) reply {
	if err != nil && !errors.As(err, &r.Errno) {
		r.Text = err.Error()
	}
	return r
}

func (r reply) err() error {
	switch {
	case r.Errno != 0:
		return r.Errno
	case r.Text != "":
		return errors.New(r.Text)
	}
	return nil
}

// errNoAsker: there can be none, and the program has to wait itself.
var errNoAsker = errors.New("no process could be started that asks")

// ask has an asker answer, from a view. When ctx ends first it is killed and left
// behind, and the error is that of ctx.
func (k *Kernel) ask(ctx context.Context, q question, v view) (reply, error) {
	if !mayAsk.Load() {
		return reply{}, errNoAsker
	}
	q.IsOwn, q.NS, q.Root = v.isOwn, v.ns >= 0, v.root >= 0
	text, err := json.Marshal(q)
	if err != nil {
		return reply{}, err
	}
	files, err := passOn(k.proc.fd, v.ns, v.root)
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	if err != nil {
		return reply{}, errNoAsker
	}
	cmd := &exec.Cmd{Path: "/proc/self/exe", Args: []string{askerName}, Stdin: bytes.NewReader(text), ExtraFiles: files}
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		return reply{}, errNoAsker
	}
	type result struct {
		reply reply
		err   error
	}
	answer := make(chan result, 1)
	go func() {
		var r result
		r.err = json.NewDecoder(out).Decode(&r.reply)
		if r.reply.Silent > 0 {
			answer <- r // while some of its threads still wait
		}
		_ = cmd.Wait() // until then it keeps busy what it has looked at
		if r.reply.Silent == 0 {
			answer <- r
		}
	}()
	select {
	case r := <-answer:
		if r.err != nil {
			return reply{}, fmt.Errorf("ask aside: %w", r.err)
		}
		return r.reply, nil
	case <-ctx.Done():
		_ = cmd.Process.Kill()
		return reply{}, ctx.Err()
	}
}

// passOn makes files of descriptors, of those that are there.
func passOn(fds ...int) (files []*os.File, err error) {
	for _, fd := range fds {
		if fd < 0 {
			continue
		}
		own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return files, err
		}
		files = append(files, os.NewFile(uintptr(own), ""))
	}
	return files, nil
}

// local are the file systems that answer by themselves: no server, and no other
// file system below. Overlays are not among them.
var local = map[string]bool{
	"autofs": true, "bdev": true, "binfmt_misc": true, "bpf": true, "btrfs": true, "cgroup": true, "cgroup2": true,
	"configfs": true, "cramfs": true, "debugfs": true, "devpts": true, "devtmpfs": true, "efivarfs": true, "erofs": true,
	"exfat": true, "ext2": true, "ext3": true, "ext4": true, "f2fs": true, "fusectl": true, "hfsplus": true, "hugetlbfs": true,
	"iso9660": true, "jfs": true, "mqueue": true, "msdos": true, "nsfs": true, "ntfs3": true, "proc": true, "pstore": true,
	"ramfs": true, "rootfs": true, "rpc_pipefs": true, "securityfs": true, "selinuxfs": true, "squashfs": true, "sysfs": true,
	"tmpfs": true, "tracefs": true, "udf": true, "vfat": true, "xfs": true, "zfs": true,
}

// waits says whether asking one of the mounts may take longer than the kernel
// needs itself.
func waits(mounts []snapshot.Mount) bool {
	for i := range mounts {
		if !local[mounts[i].FSType] {
			return true
		}
	}
	return false
}

// inProc says whether a path can lead to /proc only, which always answers.
func inProc(path string) bool {
	return strings.HasPrefix(path, "/proc/") && !strings.Contains(path, "..") && strings.Contains(path, "/ns/")
}
