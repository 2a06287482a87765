package proc

import (
	"bytes"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// parseSwaps reads /proc/swaps (proc_swaps(5)): a heading, then a path with
// octal escapes, and what it is.
func parseSwaps(b []byte) []snapshot.Swap {
	var list []snapshot.Swap
	for line := range bytes.Lines(b) {
		f := strings.Fields(string(line))
		if len(f) < 2 || f[0] == "Filename" {
			continue
		}
		name := strings.TrimSuffix(snapshot.Unescape(f[0]), " (deleted)")
		list = append(list, snapshot.Swap{Path: name, File: f[1] == "file"})
	}
	return list
}

// Swaps reads the swap areas of the host.
func (p *FS) Swaps() ([]snapshot.Swap, error) {
	b, err := p.read("swaps")
	if err != nil {
		return nil, cause(err)
	}
	return parseSwaps(b), nil
}

// UnixSocket is a line of /proc/PID/net/unix with a path (proc_pid_net(5)).
type UnixSocket struct {
	Ino  uint64
	Path string
}

// parseUnix lists the sockets that are bound to a path; names that start with
// @ are abstract and lie on no file system (unix(7)).
func parseUnix(b []byte) []UnixSocket {
	var list []UnixSocket
	for line := range bytes.Lines(b) {
		text := strings.TrimSuffix(string(line), "\n")
		f := strings.Fields(text)
		if len(f) < 8 || strings.HasPrefix(f[7], "@") || f[0] == "Num" {
			continue
		}
		_, name, _ := strings.Cut(text, " "+f[6]+" ")
		list = append(list, UnixSocket{unsigned(f[6], 10), name})
	}
	return list
}

// UnixSockets reads the bound sockets of the network namespace that a process
// is in.
func (p *FS) UnixSockets(pid int) ([]UnixSocket, error) {
	b, err := p.read(path(pid, "net/unix"))
	if err != nil {
		return nil, cause(err)
	}
	return parseUnix(b), nil
}

// ParseUprobes reads tracefs' uprobe_events: "p:GROUP/EVENT PATH:OFFSET ..."
// (Documentation/trace/uprobetracer.rst).
func ParseUprobes(b []byte) []snapshot.Named {
	var list []snapshot.Named
	for line := range bytes.Lines(b) {
		kind, rest, ok := strings.Cut(strings.TrimSpace(string(line)), " ")
		_, event, named := strings.Cut(kind, ":")
		colon := strings.LastIndex(rest, ":0x")
		if !ok || !named || colon < 0 {
			continue
		}
		list = append(list, snapshot.Named{Kind: snapshot.NamedUprobe, Name: event, Path: strings.TrimSpace(rest[:colon])})
	}
	return list
}

// ParseBinfmt reads one file of binfmt_misc. Only with the flag F is the
// interpreter kept open (Documentation/admin-guide/binfmt-misc.rst).
func ParseBinfmt(name string, b []byte) (snapshot.Named, bool) {
	n := snapshot.Named{Kind: snapshot.NamedBinfmt, Name: name}
	fixed := false
	for line := range bytes.Lines(b) {
		text := strings.TrimSuffix(string(line), "\n")
		if at, ok := strings.CutPrefix(text, "interpreter "); ok {
			n.Path = at
		}
		if flags, ok := strings.CutPrefix(text, "flags:"); ok {
			fixed = strings.Contains(flags, "F")
		}
	}
	return n, fixed && n.Path != ""
}

// parseExports reads /proc/fs/nfsd/exports: "PATH CLIENT(OPTIONS)", with octal
// escapes (exports(5), nfsd(7)).
func parseExports(b []byte) []snapshot.Named {
	var list []snapshot.Named
	for line := range bytes.Lines(b) {
		f := strings.Fields(string(line))
		if len(f) < 2 || strings.HasPrefix(f[0], "#") {
			continue
		}
		client, _, _ := strings.Cut(f[1], "(")
		list = append(list, snapshot.Named{Kind: snapshot.NamedExport, Name: client, Path: snapshot.Unescape(f[0])})
	}
	return list
}

// Exports reads what the NFS server exports; nothing when there is none.
func (p *FS) Exports() []snapshot.Named {
	for _, name := range []string{"fs/nfsd/exports", "net/rpc/nfsd.export/content"} {
		if b, err := p.read(name); err == nil {
			if list := parseExports(b); len(list) > 0 {
				return list
			}
		}
	}
	return nil
}
