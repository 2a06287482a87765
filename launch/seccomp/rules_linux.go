package seccomp

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// rules are a profile's, by the name of the call.
type rules struct {
	byName    map[string][]rule
	otherwise uint32 // the default action
}

// rule acts on a call when all its conditions hold.
type rule struct {
	conditions []specs.LinuxSeccompArg
	action     uint32 // SECCOMP_RET_* with its data
}

// segment are the calls numbered from one number to that of the next segment.
// Rules are those with conditions; where none holds it is otherwise.
type segment struct {
	from      uint32
	rules     []rule
	otherwise uint32
}

func readRules(p *specs.LinuxSeccomp) (rules, error) {
	otherwise, err := action(p.DefaultAction, p.DefaultErrnoRet)
	if err != nil {
		return rules{}, fmt.Errorf("defaultAction: %w", err)
	}
	all := rules{make(map[string][]rule, len(syscalls)), otherwise}
	for _, call := range p.Syscalls {
		act, err := action(call.Action, call.ErrnoRet)
		if err != nil {
			return rules{}, fmt.Errorf("syscalls %v: %w", call.Names, err)
		}
		list, err := readConditions(call.Args, act)
		if err != nil {
			return rules{}, fmt.Errorf("syscalls %v: %w", call.Names, err)
		}
		for _, name := range call.Names {
			list := list
			if had := all.byName[name]; had != nil {
				list = slices.Concat(had, list)
			}
			all.byName[name] = list // the calls of one entry share it
		}
	}
	return all, nil
}

// readConditions makes one rule of all conditions. When two are about the same
// argument each is a rule of its own: one of them has to hold, as runc has
// always taken it.
func readConditions(args []specs.LinuxSeccompArg, act uint32) ([]rule, error) {
	seen := [6]int{}
	for _, a := range args {
		if a.Index >= uint(len(seen)) {
			return nil, fmt.Errorf("argument %d: a call has six, from 0", a.Index)
		}
		if !slices.Contains(operators, a.Op) {
			return nil, fmt.Errorf("argument %d: unknown operator %q", a.Index, a.Op)
		}
		seen[a.Index]++
	}
	if slices.Max(seen[:]) < 2 {
		return []rule{{args, act}}, nil
	}
	list := make([]rule, len(args))
	for i := range args {
		list[i] = rule{args[i : i+1], act}
	}
	return list, nil
}

var operators = []specs.LinuxSeccompOperator{
	specs.OpEqualTo, specs.OpNotEqual, specs.OpGreaterThan, specs.OpGreaterEqual,
	specs.OpLessThan, specs.OpLessEqual, specs.OpMaskedEqual,
}

// action is the value that a filter returns.
func action(name specs.LinuxSeccompAction, errno *uint) (uint32, error) {
	data := uint32(unix.EPERM)
	if errno != nil {
		if *errno > math.MaxUint16 {
			return 0, fmt.Errorf("%s: errnoRet %d is more than %d", name, *errno, math.MaxUint16)
		}
		data = uint32(*errno)
	}
	switch name {
	case specs.ActErrno:
		return unix.SECCOMP_RET_ERRNO | data, nil
	case specs.ActTrace:
		return unix.SECCOMP_RET_TRACE | data, nil
	case specs.ActKill, specs.ActKillThread:
		return unix.SECCOMP_RET_KILL_THREAD, nil
	case specs.ActKillProcess:
		return unix.SECCOMP_RET_KILL_PROCESS, nil
	case specs.ActTrap:
		return unix.SECCOMP_RET_TRAP, nil
	case specs.ActLog:
		return unix.SECCOMP_RET_LOG, nil
	case specs.ActAllow:
		return unix.SECCOMP_RET_ALLOW, nil
	case specs.ActNotify:
		return 0, fmt.Errorf("%s is not supported: nothing would answer", name)
	case "":
		return 0, errors.New("no action")
	}
	return 0, fmt.Errorf("unknown action %q", name)
}

// filterFlags are the flags of seccomp(2).
func filterFlags(names []specs.LinuxSeccompFlag) (uint64, error) {
	var flags uint64
	for _, name := range names {
		switch name {
		case specs.LinuxSeccompFlagLog:
			flags |= unix.SECCOMP_FILTER_FLAG_LOG
		case specs.LinuxSeccompFlagSpecAllow:
			flags |= unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
		case "SECCOMP_FILTER_FLAG_TSYNC":
			// There is one thread when the filter is loaded.
		default:
			return 0, fmt.Errorf("flag %s is not supported", name)
		}
	}
	return flags, nil
}

// segments divides all numbers that a call of one architecture may have.
func (r rules) segments(spaces []space, audit uint32) []segment {
	list := []segment{{otherwise: unix.SECCOMP_RET_KILL_PROCESS}}
	add := func(s segment) {
		last := &list[len(list)-1]
		switch {
		case last.from == s.from:
			*last = s
		case len(last.rules)+len(s.rules) > 0 || last.otherwise != s.otherwise:
			list = append(list, s)
		}
	}
	for _, sp := range spaces {
		if sp.audit != audit {
			continue
		}
		numbers, last := sp.numbers(), sp.base
		next := sp.base
		for _, c := range numbers {
			if c.number > next {
				add(segment{from: next, otherwise: r.otherwise})
			}
			s := r.of(c)
			if r.byName[c.name] != nil {
				last = c.number
			}
			add(s)
			next = c.number + 1
		}
		add(segment{from: next, otherwise: r.otherwise})
		list = r.newer(list, last+1)
		if sp.end != 0 {
			add(segment{from: sp.end, otherwise: unix.SECCOMP_RET_KILL_PROCESS})
		}
	}
	return list
}

// of is the segment of one call: what holds without condition is what is left
// when no condition does.
func (r rules) of(c call) segment {
	s := segment{from: c.number, otherwise: r.otherwise}
	decided := false
	for _, one := range r.byName[c.name] {
		switch {
		case len(one.conditions) > 0:
			s.rules = append(s.rules, one)
		case !decided:
			s.otherwise, decided = one.action, true
		}
	}
	// What would do the same anyway need not be asked, from the end on.
	for len(s.rules) > 0 && s.rules[len(s.rules)-1].action == s.otherwise {
		s.rules = s.rules[:len(s.rules)-1]
	}
	return s
}

// newer has the calls from a number on fail with ENOSYS, where they would fail
// with another error.
func (r rules) newer(list []segment, from uint32) []segment {
	if r.otherwise&unix.SECCOMP_RET_ACTION_FULL != unix.SECCOMP_RET_ERRNO {
		return list
	}
	for len(list) > 0 && list[len(list)-1].from >= from {
		list = list[:len(list)-1]
	}
	return append(list, segment{from: from, otherwise: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)})
}
