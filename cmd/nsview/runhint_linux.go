package main

import (
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/nsview/nsview/launch"
)

// refusal is a reason for which a host refuses a step, and what changes it.
type refusal struct {
	calls  []launch.Call // none: any
	errnos []syscall.Errno
	about  string // in the step's text or detail
	// holds looks at the host, when the rest fits; nil is yes.
	holds func() bool
	hint  string
}

var denied = []syscall.Errno{syscall.EPERM, syscall.EACCES}

// refusals are tried in this order. The sysctls are those of
// user_namespaces(7) and namespaces(7), of Debian, and of Ubuntu's AppArmor.
var refusals = []refusal{
	{
		calls: []launch.Call{"clone"}, errnos: []syscall.Errno{syscall.ENOSPC}, about: "CLONE_NEWUSER",
		holds: func() bool { return sysctlIs("user/max_user_namespaces", "0") },
		hint:  "the host allows no user namespaces: sysctl user.max_user_namespaces is 0",
	},
	{
		calls: []launch.Call{"clone"}, errnos: []syscall.Errno{syscall.ENOSPC, syscall.EUSERS},
		hint: "a limit of namespaces is reached: see the sysctls user.max_*_namespaces; they nest 32 deep at most",
	},
	{
		calls: []launch.Call{"clone"}, errnos: denied, about: "CLONE_NEWUSER",
		holds: func() bool { return sysctlIs("kernel/unprivileged_userns_clone", "0") },
		hint:  "the host allows user namespaces to root only: sysctl kernel.unprivileged_userns_clone is 0",
	},
	{
		errnos: denied,
		holds: func() bool {
			return os.Geteuid() != 0 && sysctlIs("kernel/apparmor_restrict_unprivileged_userns", "1")
		},
		hint: "AppArmor restricts user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns is 1; set it to 0, or give nsview a profile that allows userns",
	},
	{
		calls: []launch.Call{"clone"}, errnos: denied,
		hint: "namespaces are refused by a seccomp filter or security module: within another container it must be run with --privileged or --security-opt seccomp=unconfined",
	},
	{
		calls: []launch.Call{"fsconfig", "fsmount"}, errnos: denied, about: `"proc"`,
		hint: "within a container whose /proc is masked no other may be mounted: run that one with --security-opt systempaths=unconfined",
	},
	{
		calls: []launch.Call{"fsconfig", "fsmount"}, errnos: denied, about: `"sysfs"`,
		hint: "within a container whose /sys is masked no other may be mounted: run that one with --security-opt systempaths=unconfined",
	},
	{
		calls: []launch.Call{"mkdirat", "openat"}, errnos: []syscall.Errno{syscall.EROFS},
		hint: "the root lacks a mount point and is on a read-only file system: make it there, or put the root below an overlay with --layer",
	},
	{
		calls: []launch.Call{"mkdirat", "openat"}, errnos: denied,
		hint: "the root lacks a mount point and belongs to somebody else: put it below an overlay with --layer",
	},
	{
		calls: []launch.Call{"newuidmap", "newgidmap"},
		hint:  "it goes by /etc/subuid and /etc/subgid, and must be set-uid; --userns-map one does without it",
	},
	{
		calls: []launch.Call{"open_tree", "fsopen", "openat2", "mount_setattr", "move_mount"}, errnos: []syscall.Errno{syscall.ENOSYS},
		hint: "nsview run needs Linux 5.12, and a seccomp filter that knows its system calls",
	},
}

// explained adds to a refused step what of the host refused it.
func explained(err error) error {
	var step *launch.StepError
	if !errors.As(err, &step) {
		return err
	}
	for _, r := range refusals {
		if r.is(step) {
			return hinted{err, r.hint}
		}
	}
	return err
}

func (r refusal) is(step *launch.StepError) bool {
	return (len(r.calls) == 0 || slices.Contains(r.calls, step.Call)) &&
		(len(r.errnos) == 0 || slices.ContainsFunc(r.errnos, func(e syscall.Errno) bool { return errors.Is(step.Err, e) })) &&
		(strings.Contains(step.Text, r.about) || strings.Contains(step.Detail, r.about)) &&
		(r.holds == nil || r.holds())
}

// sysctlIs says whether a setting of the host has this value; one that is not
// there has none.
func sysctlIs(name, value string) bool {
	b, err := os.ReadFile("/proc/sys/" + name)
	return err == nil && strings.TrimSpace(string(b)) == value
}
