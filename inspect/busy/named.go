package busy

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/proc"
	"github.com/nsview/nsview/inspect/snapshot"
)

// ref says how to reach a namespace.
func (b *take) ref(n *snapshot.Namespace) snapshot.Ref {
	r := snapshot.Ref{Type: n.Type, Ino: n.ID.Ino}
	for i := range b.snap.Processes {
		if p := &b.snap.Processes[i]; p.NS[n.Type] == n.ID.Ino && !p.Inferred {
			r.PID = p.PID
			return r
		}
	}
	if len(n.Holds) > 0 {
		r.Hold = &n.Holds[0]
	}
	return r
}

// named reads what the kernel uses by path: probes, interpreters, exports,
// disks that it serves.
func (b *take) named() {
	b.busy.Named = slices.Concat(b.busy.Named, b.proc.Exports(), proc.Targets(b.sys))
	for _, block := range b.busy.Blocks {
		if block.Backing != "" {
			b.busy.Named = append(b.busy.Named, snapshot.Named{Kind: snapshot.NamedTarget, Name: block.Name, Path: block.Backing})
		}
	}
	b.read("exports", nil)
	b.shares()
	b.linked()
	b.inside("uprobes", "tracefs", "/uprobe_events", func(_ string, text []byte) []snapshot.Named {
		return proc.ParseUprobes(text)
	})
	b.inside("binfmt_misc", "binfmt_misc", "", func(name string, text []byte) []snapshot.Named {
		if n, ok := proc.ParseBinfmt(name, text); ok {
			return []snapshot.Named{n}
		}
		return nil
	})
}

// shares: the kernel's SMB server keeps each directory that a client has
// connected to open, and tells nobody which: those of its configuration are
// known (ksmbd.conf(5)).
func (b *take) shares() {
	if !proc.ServesSMB(b.sys) {
		return
	}
	list, err := proc.Shares(b.etc)
	b.busy.Named = append(b.busy.Named, list...)
	if err != nil {
		b.gaps.Add("ksmbd", "read its shares", err)
	}
	b.partly("exports", "ksmbd does not tell what its clients have open")
}

// linked are the probes in files that BPF links keep.
func (b *take) linked() {
	list, err := b.kernel.Uprobes()
	for _, u := range list {
		b.busy.Named = append(b.busy.Named, snapshot.Named{
			Kind: snapshot.NamedUprobe, Name: fmt.Sprintf("bpf link %d", u.Link), Path: u.Path, PID: b.links[u.Link],
		})
	}
	b.read("bpf links", err)
}

// inside reads files of a kernel file system wherever it is mounted, each
// instance of it once.
func (b *take) inside(source, fstype, file string, parse func(string, []byte) []snapshot.Named) {
	met := map[snapshot.Dev]bool{}
	var last error
	for i := range b.snap.Tables {
		t := &b.snap.Tables[i]
		for j := range t.Mounts {
			m := &t.Mounts[j]
			if m.FSType != fstype || m.Root != "/" || m.Unreachable || met[m.Dev] || t.PID != 0 {
				continue
			}
			files, err := b.filesIn(t.NS, m.Point+file)
			if err != nil {
				last = err
				continue
			}
			met[m.Dev] = true
			b.keepNamed(t.NS, m.Point, files, parse)
		}
	}
	switch {
	case last != nil:
		b.read(source, last)
	case len(met) == 0:
		b.read(source, errors.New(fstype+" is mounted nowhere"))
	default:
		b.read(source, nil)
	}
}

func (b *take) filesIn(ns snapshot.NSID, path string) (map[string][]byte, error) {
	at := slices.IndexFunc(b.snap.Namespaces, func(n snapshot.Namespace) bool { return n.ID.Ino == ns.Ino })
	if at < 0 {
		return nil, fs.ErrNotExist
	}
	return b.kernel.FilesInside(b.ref(&b.snap.Namespaces[at]), path, limit)
}

func (b *take) keepNamed(ns snapshot.NSID, dir string, files map[string][]byte, parse func(string, []byte) []snapshot.Named) {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, n := range parse(name, files[name]) {
			n.In, n.File = ns, strings.TrimSuffix(dir, "/")+"/"+name
			b.busy.Named = append(b.busy.Named, n)
		}
	}
}
