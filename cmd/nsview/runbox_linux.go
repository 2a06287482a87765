package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/spf13/pflag"

	"github.com/nsview/nsview/launch"
	"github.com/nsview/nsview/launch/capset"
	"github.com/nsview/nsview/launch/seccomp"
)

// boxFlags are about who the command runs as, and what it may not do.
type boxFlags struct {
	user             string
	groups           []string
	capAdd, capDrop  []string
	security         []string
	ulimits, sysctls []string
	oomScoreAdj      int
	init             bool
}

func (bf *boxFlags) flags(f *pflag.FlagSet) {
	f.StringVarP(&bf.user, "user", "u", "0", "run as this user of the container: `NAME|UID[:GROUP|GID]`")
	f.StringArrayVar(&bf.groups, "group-add", nil, "one more `GROUP` of the user, by name or number")
	f.StringSliceVar(&bf.capAdd, "cap-add", nil, "add a capability to Docker's default set: `NAME` with or without CAP_, or ALL")
	f.StringSliceVar(&bf.capDrop, "cap-drop", nil, "drop a capability: `NAME`, or ALL")
	f.StringArrayVar(&bf.security, "security-opt", nil, "seccomp=unconfined, seccomp=FILE in place of Docker's profile, or no-new-privileges (`OPTION`)")
	f.StringArrayVar(&bf.ulimits, "ulimit", nil, "limit a resource: `NAME=SOFT[:HARD]`, as nofile=1024:4096; -1 is no limit")
	f.StringArrayVar(&bf.sysctls, "sysctl", nil, "set what the container's namespaces have of the kernel's settings: `NAME=VALUE`")
	f.IntVar(&bf.oomScoreAdj, "oom-score-adj", 0, "end this container rather (to 1000) or less (to -1000) when memory runs out (`N`)")
	f.BoolVar(&bf.init, "init", false, "nsview itself is the first process: it passes signals on and waits for orphans")
}

// usualMask is the umask of Docker's containers, whatever the caller's is.
const usualMask = 0o022

func (bf *boxFlags) apply(f *pflag.FlagSet, spec *launch.Spec) error {
	spec.Session, spec.Init = true, bf.init
	mask := usualMask
	spec.Umask = &mask
	spec.Login = &launch.Login{
		User: bf.user, Groups: bf.groups,
		KeepGroups: spec.Namespaces.Has(launch.User) && !spec.Setgroups,
	}
	if spec.Login.KeepGroups && len(bf.groups) > 0 {
		return errors.New("read the command line: --group-add: an ordinary user's user namespace allows no setgroups(2)")
	}
	if f.Changed("oom-score-adj") {
		if bf.oomScoreAdj < -1000 || bf.oomScoreAdj > 1000 {
			return fmt.Errorf("read the command line: --oom-score-adj %d is not from -1000 to 1000", bf.oomScoreAdj)
		}
		spec.OOMScoreAdj = &bf.oomScoreAdj
	}
	for _, part := range []func(*launch.Spec) error{bf.limits, bf.settings, bf.rights} {
		if err := part(spec); err != nil {
			return fmt.Errorf("read the command line: %w", err)
		}
	}
	return nil
}

// rights are the capabilities and the filter that goes with them.
func (bf *boxFlags) rights(spec *launch.Spec) error {
	set, err := capset.Docker().Change(bf.capAdd, bf.capDrop)
	if err != nil {
		return err
	}
	sets := capset.For(set, true)
	spec.Capabilities = &sets
	profile, err := bf.profile(spec, set.Names())
	if err != nil || profile == nil {
		return err
	}
	program, err := seccomp.Compile(profile)
	if err != nil {
		return err
	}
	spec.Filter = &launch.Filter{Code: string(program.Code), Flags: program.Flags}
	return nil
}

// profile reads --security-opt; nil is no filter.
func (bf *boxFlags) profile(spec *launch.Spec, capabilities []string) (*specs.LinuxSeccomp, error) {
	file := ""
	for _, option := range bf.security {
		key, value, given := strings.Cut(option, "=")
		switch {
		case key == "seccomp" && given && value != "":
			file = value
		case key == "no-new-privileges" && (!given || value == "true"):
			spec.NoNewPrivileges = true
		case key == "no-new-privileges" && value == "false":
			spec.NoNewPrivileges = false
		default:
			return nil, fmt.Errorf("--security-opt %s: nsview knows seccomp=unconfined, seccomp=FILE and no-new-privileges", option)
		}
	}
	switch file {
	case "":
		return seccomp.Default(capabilities)
	case "unconfined":
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--security-opt seccomp=%s: %w", file, bareError(err))
	}
	profile, err := seccomp.Parse(text, capabilities)
	if err != nil {
		return nil, fmt.Errorf("--security-opt seccomp=%s: %w", file, err)
	}
	return profile, nil
}

func (bf *boxFlags) limits(spec *launch.Spec) error {
	for _, text := range bf.ulimits {
		name, values, ok := strings.Cut(text, "=")
		resource, err := launch.LimitByName(name)
		if err != nil {
			return fmt.Errorf("--ulimit %s: %w", text, err)
		}
		softText, hardText, two := strings.Cut(values, ":")
		soft, err := limitValue(softText)
		hard := soft
		if err == nil && two {
			hard, err = limitValue(hardText)
		}
		if err != nil || !ok {
			return fmt.Errorf("--ulimit %s: wants NAME=SOFT[:HARD], numbers or -1 for no limit", text)
		}
		if soft > hard {
			return fmt.Errorf("--ulimit %s: the soft limit is more than the hard one", text)
		}
		spec.Limits = append(spec.Limits, launch.Limit{Resource: resource, Soft: soft, Hard: hard})
	}
	return nil
}

func limitValue(text string) (uint64, error) {
	if text == "-1" || text == "unlimited" {
		return math.MaxUint64, nil // RLIM_INFINITY
	}
	return strconv.ParseUint(text, 10, 64)
}

func (bf *boxFlags) settings(spec *launch.Spec) error {
	for _, text := range bf.sysctls {
		name, value, ok := strings.Cut(text, "=")
		setting := launch.Sysctl{Name: name, Value: value}
		if !ok {
			return fmt.Errorf("--sysctl %s: wants NAME=VALUE", text)
		}
		needs, err := setting.Needs()
		if err != nil {
			return fmt.Errorf("--sysctl %s: %w", text, err)
		}
		if !spec.Namespaces.Has(needs) {
			return fmt.Errorf("--sysctl %s: needs a namespace of its own, which --no-ns takes away", text)
		}
		spec.Sysctls = append(spec.Sysctls, setting)
	}
	return nil
}
