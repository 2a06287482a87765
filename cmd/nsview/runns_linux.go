package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/nsview/nsview/launch"
)

// nsFlags choose the namespaces.
type nsFlags struct {
	with, without []string
	userns        bool
	idMap         string
	monotonic     time.Duration
	boottime      time.Duration
	hostname      string
}

func (nf *nsFlags) flags(f *pflag.FlagSet) {
	f.StringSliceVar(&nf.with, "ns", nil, "also a new namespace of `TYPE` user or time, or TYPE=FILE: enter that one")
	f.StringSliceVar(&nf.without, "no-ns", nil, "no new namespace of `TYPE` pid, uts, ipc, net or cgroup: the host's")
	f.BoolVar(&nf.userns, "userns", false, "a new user namespace, as --ns user; always, for an ordinary user")
	f.StringVar(&nf.idMap, "userns-map", "auto", "who is who in it: one (you are root), subuid (and the ranges of /etc/subuid and /etc/subgid), or INSIDE:OUTSIDE:SIZE;... (`MAP`)")
	f.DurationVar(&nf.monotonic, "monotonic", 0, "how far the monotonic clock is ahead, in a new time namespace (`DURATION`)")
	f.DurationVar(&nf.boottime, "boottime", 0, "how far the time since boot is ahead, in a new time namespace (`DURATION`)")
	f.StringVar(&nf.hostname, "hostname", "nsview", "the container's `NAME`")
}

// nsTypes are the namespaces by name, in the order in which they are listed.
var nsTypes = []struct {
	name string
	flag launch.Namespaces
}{
	{"mnt", launch.Mount},
	{"pid", launch.PID},
	{"uts", launch.UTS},
	{"ipc", launch.IPC},
	{"net", launch.Net},
	{"cgroup", launch.Cgroup},
	{"user", launch.User},
	{"time", launch.Time},
}

const usualNamespaces = launch.Mount | launch.PID | launch.UTS | launch.IPC | launch.Net | launch.Cgroup

func (nf *nsFlags) apply(spec *launch.Spec, ordinary bool) error {
	set := usualNamespaces
	if ordinary || nf.userns {
		set |= launch.User
	}
	if nf.monotonic != 0 || nf.boottime != 0 {
		set |= launch.Time
	}
	if err := nf.choose(spec, &set); err != nil {
		return fmt.Errorf("read the command line: %w", err)
	}
	switch {
	case !set.Has(launch.Mount):
		return errors.New("read the command line: --no-ns mnt: the container's mounts would be the host's")
	case ordinary && !set.Has(launch.User):
		return errors.New("read the command line: --no-ns user: only root may make the others without one")
	}
	spec.Namespaces = set
	spec.Loopback = set.Has(launch.Net)
	if set.Has(launch.UTS) {
		spec.Hostname = nf.hostname
	}
	nf.clocks(spec)
	if set.Has(launch.User) {
		return nf.mapIDs(spec, ordinary)
	}
	return nil
}

// choose reads --ns and --no-ns.
func (nf *nsFlags) choose(spec *launch.Spec, set *launch.Namespaces) error {
	for _, text := range nf.with {
		name, file, join := strings.Cut(text, "=")
		n, err := nsType(name)
		if err != nil {
			return fmt.Errorf("--ns: %w", err)
		}
		if !join {
			*set |= n
			continue
		}
		if n == launch.User || n == launch.Time || n == launch.Mount {
			return fmt.Errorf("--ns %s: a container cannot enter a %s namespace: it needs its own", text, name)
		}
		if _, err := os.Stat(file); err != nil {
			return fmt.Errorf("--ns %s: %w", text, bareError(err))
		}
		*set &^= n
		spec.Join = append(spec.Join, launch.Join{Type: n, Path: file})
	}
	for _, name := range nf.without {
		n, err := nsType(name)
		if err != nil {
			return fmt.Errorf("--no-ns: %w", err)
		}
		*set &^= n
	}
	return nil
}

func (nf *nsFlags) clocks(spec *launch.Spec) {
	for _, c := range []struct {
		name  string
		ahead time.Duration
	}{{"monotonic", nf.monotonic}, {"boottime", nf.boottime}} {
		if c.ahead == 0 {
			continue
		}
		offset := launch.TimeOffset{Clock: c.name, Secs: int64(c.ahead / time.Second), Nanos: uint32(c.ahead % time.Second)}
		if rest := c.ahead % time.Second; rest < 0 { // time_namespaces(7): never below 0
			offset.Secs, offset.Nanos = offset.Secs-1, uint32(rest+time.Second)
		}
		spec.TimeOffsets = append(spec.TimeOffsets, offset)
	}
}

func nsType(name string) (launch.Namespaces, error) {
	for _, t := range nsTypes {
		if t.name == name {
			return t.flag, nil
		}
	}
	return 0, fmt.Errorf("unknown namespace %q (namespaces: %s)", name, strings.Join(nsNames(), " "))
}

func nsNames() []string {
	names := make([]string, len(nsTypes))
	for i, t := range nsTypes {
		names[i] = t.name
	}
	return names
}
