package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/spf13/pflag"

	"github.com/nsview/nsview/launch"
	"github.com/nsview/nsview/launch/cgroup"
	"github.com/nsview/nsview/launch/sweep"
)

// limitFlags are the limits of the container's control group.
type limitFlags struct {
	memory, cpus string
	pids         int64
}

func (lf *limitFlags) flags(f *pflag.FlagSet) {
	f.StringVar(&lf.memory, "memory", "", "end the container when it needs more memory: `BYTES`, or with k, m, g behind")
	f.StringVar(&lf.cpus, "cpus", "", "no more time than that of this many `CPUS`: 0.5, 2")
	f.Int64Var(&lf.pids, "pids-limit", 0, "at most `N` processes and threads; -1 is no limit")
}

// resources are the limits as an OCI configuration names them, nil for none.
func (lf *limitFlags) resources(f *pflag.FlagSet) (*specs.LinuxResources, error) {
	r := &specs.LinuxResources{}
	if f.Changed("memory") {
		n, err := bytesOf(lf.memory)
		if err != nil {
			return nil, fmt.Errorf("read the command line: --memory: %w", err)
		}
		const least = 6 << 20 // as docker run: with less the container's first process cannot start
		if n < least {
			return nil, fmt.Errorf("read the command line: --memory: %s is less than 6m", lf.memory)
		}
		r.Memory = &specs.LinuxMemory{Limit: &n}
	}
	if f.Changed("cpus") {
		n, err := strconv.ParseFloat(lf.cpus, 64)
		const period, least = 100_000, 0.01 // microseconds, and what the kernel takes of one
		if err != nil || !(n >= least) || n > 1<<20 {
			return nil, fmt.Errorf("read the command line: --cpus: %q is no number of CPUs from %g on", lf.cpus, least)
		}
		quota, each := int64(math.Round(n*period)), uint64(period)
		r.CPU = &specs.LinuxCPU{Quota: &quota, Period: &each}
	}
	if f.Changed("pids-limit") {
		if lf.pids == 0 || lf.pids < -1 {
			return nil, fmt.Errorf("read the command line: --pids-limit: %d is no number of processes from 1 on, nor -1", lf.pids)
		}
		r.Pids = &specs.LinuxPids{Limit: &lf.pids}
	}
	if r.Memory == nil && r.CPU == nil && r.Pids == nil {
		return nil, nil
	}
	return r, nil
}

// bytesOf reads 1048576, 1024k, 1m, 1g, as docker run.
func bytesOf(text string) (int64, error) {
	number := strings.ToLower(strings.TrimSuffix(strings.ToLower(text), "b"))
	shift := 0
	for i, unit := range []string{"k", "m", "g", "t"} {
		if rest, ok := strings.CutSuffix(number, unit); ok {
			number, shift = rest, 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64>>shift {
		return 0, fmt.Errorf("%q is no number of bytes: 4194304, 4096k, 4m", text)
	}
	return n << shift, nil
}

// ownGroup has the container put into a control group of its own. Where none
// can be made, and none is needed for a limit, it is nil.
func ownGroup(spec *launch.Spec, id string, r *specs.LinuxResources) (*cgroup.Group, error) {
	g, err := cgroup.New(id, r)
	if errors.Is(err, cgroup.ErrUnavailable) && r == nil {
		return nil, nil
	}
	if err != nil {
		return nil, explainedGroup(err)
	}
	dir := g.Dirs()[0]
	create := launch.ParentAction{
		Name: "mkdir", Text: fmt.Sprintf("mkdir(%q)%s", dir, others(g.Dirs()[1:])), Why: "its control group",
		Do: func(int) error { return g.Create() },
	}
	join := launch.ParentAction{
		Name: "write", Text: fmt.Sprintf("write(%q, the child's pid)%s", dir+"/cgroup.procs", others(g.Dirs()[1:])),
		Why: "limits, devices, and whose it is",
		Do:  g.Join,
	}
	spec.Created = append(spec.Created, create)
	if g.HasTasks() && !spec.Namespaces.Has(launch.User) {
		spec.Groups = g.Dirs()
	} else {
		spec.Created = append(spec.Created, join)
	}
	return g, nil
}

func others(dirs []string) string {
	if len(dirs) == 0 {
		return ""
	}
	return ", the same in " + strings.Join(dirs, ", ")
}

// explainedGroup adds what would help who may make no group.
func explainedGroup(err error) error {
	if ordinary() {
		return hinted{err, "limits need a control group that may be written: run as root, or under systemd within: systemd-run --user --scope -p Delegate=yes nsview run"}
	}
	return hinted{err, "limits need control groups that may be written: mount cgroup2 or the controllers below /sys/fs/cgroup, read-write"}
}

// remember has the sweeper remove the group.
func remember(s *sweep.Sweeper, g *cgroup.Group) error {
	for _, dir := range g.Dirs() {
		if err := s.Add(sweep.Group, dir); err != nil {
			return err
		}
	}
	return nil
}
