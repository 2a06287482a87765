package seccomp

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// row is a system call with its number in each column, -1 where an architecture
// does not have it. The table is in syscalls_linux.go.
type row struct {
	name    string
	numbers [columns]int32
}

// space is the numbers of the calls of one architecture. Two that the kernel
// gives the same name in struct seccomp_data differ by base.
type space struct {
	arch      specs.Arch
	audit     uint32 // AUDIT_ARCH_*
	column    int    // of the table
	base, end uint32 // numbers from base to below end, 0 for no end
}

// x32 is the bit that tells calls of x32 from those of x86-64.
const x32 = 0x40000000

// known are the architectures whose programs each machine may run, its own
// first.
var known = map[string][]space{
	"amd64": {
		{specs.ArchX86_64, unix.AUDIT_ARCH_X86_64, inAmd64, 0, x32},
		{specs.ArchX32, unix.AUDIT_ARCH_X86_64, inX32, x32, 0},
		{specs.ArchX86, unix.AUDIT_ARCH_I386, in386, 0, 0},
	},
	"386": {{specs.ArchX86, unix.AUDIT_ARCH_I386, in386, 0, 0}},
	"arm64": {
		{specs.ArchAARCH64, unix.AUDIT_ARCH_AARCH64, inArm64, 0, 0},
		{specs.ArchARM, unix.AUDIT_ARCH_ARM, inArm, 0, 0},
	},
	"arm":     {{specs.ArchARM, unix.AUDIT_ARCH_ARM, inArm, 0, 0}},
	"riscv64": {{specs.ArchRISCV64, unix.AUDIT_ARCH_RISCV64, inRiscv64, 0, 0}},
	"loong64": {{specs.ArchLOONGARCH64, unix.AUDIT_ARCH_LOONGARCH64, inLoong64, 0, 0}},
	"ppc64le": {{specs.ArchPPC64LE, unix.AUDIT_ARCH_PPC64LE, inPpc64le, 0, 0}},
	"s390x":   {{specs.ArchS390X, unix.AUDIT_ARCH_S390X, inS390x, 0, 0}},
}

// spacesOf are those of a profile's architectures that can occur on this
// machine, which always has its own. Calls of all others kill.
func spacesOf(arches []specs.Arch) ([]space, error) {
	all := known[runtime.GOARCH]
	if len(all) == 0 {
		return nil, fmt.Errorf("the numbers of the system calls of %s are not known", runtime.GOARCH)
	}
	for _, a := range arches {
		if !strings.HasPrefix(string(a), "SCMP_ARCH_") {
			return nil, fmt.Errorf("unknown architecture %q", a)
		}
	}
	spaces := all[:1:1]
	for _, s := range all[1:] {
		if slices.Contains(arches, s.arch) {
			spaces = append(spaces, s)
		}
	}
	return spaces, nil
}

// audits are the distinct names of architectures that the kernel gives.
func audits(spaces []space) []uint32 {
	var list []uint32
	for _, s := range spaces {
		if !slices.Contains(list, s.audit) {
			list = append(list, s.audit)
		}
	}
	return list
}

// call is a system call of one architecture.
type call struct {
	name   string
	number uint32
}

// numbers are the calls of a space, in the order of their numbers.
func (s space) numbers() []call {
	order := make([]uint64, 0, len(syscalls)) // a number and its row
	for i := range syscalls {
		if n := syscalls[i].numbers[s.column]; n >= 0 {
			order = append(order, uint64(n)<<32|uint64(i))
		}
	}
	slices.Sort(order)
	list := make([]call, len(order))
	for i, o := range order {
		list[i] = call{syscalls[uint32(o)].name, s.base | uint32(o>>32)}
	}
	return list
}
