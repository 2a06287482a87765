package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nsview/nsview/launch"
)

// nsFlags choose the namespaces.
type nsFlags struct {
	with, without []string
	userns        bool
	hostname      string
}

func (nf *nsFlags) flags(f *pflag.FlagSet) {
	f.StringSliceVar(&nf.with, "ns", nil, "also new namespaces of these `TYPE`s: user, time")
	f.StringSliceVar(&nf.without, "no-ns", nil, "no new namespaces of these `TYPE`s: pid, uts, ipc, net, cgroup")
	f.BoolVar(&nf.userns, "userns", false, "a new user namespace, as --ns user; always, for an ordinary user")
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
	for _, list := range []struct {
		flag  string
		names []string
		do    func(launch.Namespaces)
	}{
		{"--ns", nf.with, func(n launch.Namespaces) { set |= n }},
		{"--no-ns", nf.without, func(n launch.Namespaces) { set &^= n }},
	} {
		for _, name := range list.names {
			n, err := nsType(name)
			if err != nil {
				return fmt.Errorf("read the command line: %s: %w", list.flag, err)
			}
			list.do(n)
		}
	}
	switch {
	case !set.Has(launch.Mount):
		return fmt.Errorf("read the command line: --no-ns mnt: the container's mounts would be the host's")
	case ordinary && !set.Has(launch.User):
		return fmt.Errorf("read the command line: --no-ns user: only root may make the others without one")
	}
	spec.Namespaces = set
	spec.Loopback = set.Has(launch.Net)
	if set.Has(launch.UTS) {
		spec.Hostname = nf.hostname
	}
	if set.Has(launch.User) {
		spec.UIDs = []launch.IDMap{{Inside: 0, Outside: os.Geteuid(), Size: 1}}
		spec.GIDs = []launch.IDMap{{Inside: 0, Outside: os.Getegid(), Size: 1}}
	}
	return nil
}

func nsType(name string) (launch.Namespaces, error) {
	i := slices.IndexFunc(nsTypes, func(t struct {
		name string
		flag launch.Namespaces
	},
	) bool {
		return t.name == name
	})
	if i < 0 {
		var names []string
		for _, t := range nsTypes {
			names = append(names, t.name)
		}
		return 0, fmt.Errorf("unknown namespace %q (namespaces: %s)", name, strings.Join(names, " "))
	}
	return nsTypes[i].flag, nil
}
