//go:build linux

package seccomp

import (
	"encoding/binary"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// data is struct seccomp_data as the program's words read it. The machine of
// package bpf takes words as they come from a network.
type data struct {
	number, arch uint32
	args         [6]uint64
}

func (d data) bytes() []byte {
	b := binary.BigEndian.AppendUint32(nil, d.number)
	b = binary.BigEndian.AppendUint32(b, d.arch)
	b = append(b, make([]byte, 8)...) // the instruction pointer
	for _, a := range d.args {
		first, second := uint32(a), uint32(a>>32)
		if bigEndian {
			first, second = second, first
		}
		b = binary.BigEndian.AppendUint32(b, first)
		b = binary.BigEndian.AppendUint32(b, second)
	}
	return b
}

// means is what a profile says of a call, read slowly.
func means(t *rapid.T, p *specs.LinuxSeccomp, sp space, d data) uint32 {
	number := func(a specs.LinuxSeccompAction, errno *uint) uint32 {
		n, err := action(a, errno)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	name, last := "", sp.base
	for _, c := range sp.numbers() {
		if c.number == d.number {
			name = c.name
		}
		if slices.ContainsFunc(p.Syscalls, func(s specs.LinuxSyscall) bool { return slices.Contains(s.Names, c.name) }) {
			last = c.number
		}
	}
	for _, withConditions := range []bool{true, false} {
		for _, s := range p.Syscalls {
			if !slices.Contains(s.Names, name) || (len(s.Args) > 0) != withConditions {
				continue
			}
			holding, indexes := 0, map[uint]bool{}
			for _, c := range s.Args {
				indexes[c.Index] = true
				if holds(c, d.args[c.Index]) {
					holding++
				}
			}
			alternatives := len(indexes) < len(s.Args)
			if holding == len(s.Args) || alternatives && holding > 0 {
				return number(s.Action, s.ErrnoRet)
			}
		}
	}
	if d.number > last && p.DefaultAction == specs.ActErrno {
		return unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	}
	return number(p.DefaultAction, p.DefaultErrnoRet)
}

func holds(c specs.LinuxSeccompArg, v uint64) bool {
	switch c.Op {
	case specs.OpEqualTo:
		return v == c.Value
	case specs.OpNotEqual:
		return v != c.Value
	case specs.OpGreaterThan:
		return v > c.Value
	case specs.OpGreaterEqual:
		return v >= c.Value
	case specs.OpLessThan:
		return v < c.Value
	case specs.OpLessEqual:
		return v <= c.Value
	}
	return v&c.Value == c.ValueTwo
}

// Any profile decides any call as it reads.
func TestCompileMeansTheProfile(t *testing.T) {
	all := known[runtime.GOARCH]
	names := []string{"read", "write", "openat", "clone", "socket", "personality", "mount", "no_such_call", "statmount", "execve"}
	// Few values, so that they meet, on both sides of each half.
	value := rapid.SampledFrom([]uint64{0, 1, 2, 40, 1 << 31, 1<<32 - 1, 1 << 32, 1<<32 + 1, 1 << 63, 1<<64 - 1})
	act := rapid.SampledFrom([]specs.LinuxSeccompAction{specs.ActAllow, specs.ActErrno, specs.ActKillProcess, specs.ActLog, specs.ActTrap})
	condition := rapid.Custom(func(t *rapid.T) specs.LinuxSeccompArg {
		return specs.LinuxSeccompArg{
			Index: uint(rapid.IntRange(0, 2).Draw(t, "index")), Value: value.Draw(t, "value"),
			ValueTwo: value.Draw(t, "value two"), Op: rapid.SampledFrom(operators).Draw(t, "operator"),
		}
	})
	rule := rapid.Custom(func(t *rapid.T) specs.LinuxSyscall {
		errno := uint(rapid.IntRange(1, 99).Draw(t, "errno"))
		return specs.LinuxSyscall{
			Names:  rapid.SliceOfN(rapid.SampledFrom(names), 1, 3).Draw(t, "names"),
			Action: act.Draw(t, "action"), ErrnoRet: &errno,
			Args: rapid.SliceOfN(condition, 0, 4).Draw(t, "conditions"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		p := &specs.LinuxSeccomp{DefaultAction: act.Draw(t, "default"), Syscalls: rapid.SliceOfN(rule, 0, 12).Draw(t, "rules")}
		for _, s := range all[1:] {
			if rapid.Bool().Draw(t, "with "+string(s.arch)) {
				p.Architectures = append(p.Architectures, s.arch)
			}
		}
		code, err := instructions(p)
		if err != nil {
			t.Fatal(err)
		}
		vm, err := bpf.NewVM(code)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			sp := rapid.SampledFrom(all).Draw(t, "architecture")
			numbers := sp.numbers()
			d := data{arch: sp.audit, number: numbers[rapid.IntRange(0, len(numbers)-1).Draw(t, "call")].number}
			if rapid.Bool().Draw(t, "one of the rules") {
				name := rapid.SampledFrom(names).Draw(t, "name")
				for _, c := range numbers {
					if c.name == name {
						d.number = c.number
					}
				}
			}
			for i := range 3 {
				d.args[i] = value.Draw(t, "argument")
			}
			want := uint32(unix.SECCOMP_RET_KILL_PROCESS)
			if sp == all[0] || slices.Contains(p.Architectures, sp.arch) {
				want = means(t, p, sp, d)
			}
			got, err := vm.Run(d.bytes())
			if err != nil || uint32(got) != want {
				t.Fatalf("%s call %d %#x gives %#x, %v; want %#x", sp.arch, d.number, d.args, got, err, want)
			}
		}
	})
}

func TestDefaultProfile(t *testing.T) {
	p, err := Default(nil)
	if err != nil {
		t.Fatal(err)
	}
	code, err := instructions(p)
	if err != nil {
		t.Fatal(err)
	}
	vm, err := bpf.NewVM(code)
	if err != nil {
		t.Fatal(err)
	}
	sp := known[runtime.GOARCH][0]
	t.Logf("%d instructions", len(code))
	for _, c := range []struct {
		name string
		args [6]uint64
		want uint32
	}{
		{"read", [6]uint64{}, unix.SECCOMP_RET_ALLOW},
		{"mount", [6]uint64{}, unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{"clone3", [6]uint64{}, unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)},
		{"personality", [6]uint64{0}, unix.SECCOMP_RET_ALLOW},
		{"personality", [6]uint64{0x1234}, unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{"socket", [6]uint64{unix.AF_INET}, unix.SECCOMP_RET_ALLOW},
		{"socket", [6]uint64{unix.AF_VSOCK}, unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
	} {
		for _, call := range sp.numbers() {
			if call.name != c.name {
				continue
			}
			got, err := vm.Run(data{call.number, sp.audit, c.args}.bytes())
			if err != nil || uint32(got) != c.want {
				t.Errorf("%s(%d) gives %#x, %v; want %#x", c.name, c.args[0], got, err, c.want)
			}
		}
	}
	if with, err := Default([]string{"CAP_SYS_ADMIN"}); err != nil || !names(with, "mount") || names(p, "mount") {
		t.Errorf("mount is for CAP_SYS_ADMIN: %v", err)
	}
}

func names(p *specs.LinuxSeccomp, name string) bool {
	return slices.ContainsFunc(p.Syscalls, func(s specs.LinuxSyscall) bool { return slices.Contains(s.Names, name) })
}

// No two calls of an architecture have one number: the search rests on it.
func TestNumbersAreDistinct(t *testing.T) {
	for _, spaces := range known {
		for _, sp := range spaces {
			list := sp.numbers()
			if len(list) < 300 {
				t.Errorf("%s has %d calls", sp.arch, len(list))
			}
			for i, c := range list[1:] {
				if c.number == list[i].number {
					t.Errorf("%s: %s and %s are both %d", sp.arch, list[i].name, c.name, c.number)
				}
			}
		}
	}
}

func TestBadProfiles(t *testing.T) {
	many := uint(1 << 16)
	for want, p := range map[string]*specs.LinuxSeccomp{
		"defaultAction: no action":                               {},
		`defaultAction: unknown action "SCMP_ACT_MAYBE"`:         {DefaultAction: "SCMP_ACT_MAYBE"},
		"SCMP_ACT_NOTIFY is not supported":                       {DefaultAction: specs.ActNotify},
		"errnoRet 65536 is more than 65535":                      {DefaultAction: specs.ActErrno, DefaultErrnoRet: &many},
		`listenerPath "/run/x" is not supported`:                 {DefaultAction: specs.ActAllow, ListenerPath: "/run/x"},
		`unknown architecture "x86"`:                             {DefaultAction: specs.ActAllow, Architectures: []specs.Arch{"x86"}},
		"flag SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV":            {DefaultAction: specs.ActAllow, Flags: []specs.LinuxSeccompFlag{specs.LinuxSeccompFlagWaitKillableRecv}},
		"syscalls [read]: argument 6: a call has six":            {DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{{Names: []string{"read"}, Action: specs.ActLog, Args: []specs.LinuxSeccompArg{{Index: 6}}}}},
		`syscalls [read]: argument 0: unknown operator "is one"`: {DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{{Names: []string{"read"}, Action: specs.ActLog, Args: []specs.LinuxSeccompArg{{Op: "is one"}}}}},
	} {
		if _, err := Compile(p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := Parse([]byte("{"), nil); err == nil {
		t.Error("half a profile is no error")
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		p, err := Default(nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Compile(p); err != nil {
			b.Fatal(err)
		}
	}
}

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == filtered {
		tryCalls()
		return
	}
	os.Exit(m.Run())
}
