package seccomp

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Program is a compiled profile.
type Program struct {
	// Code is an array of struct sock_filter in the machine's byte order.
	Code []byte
	// Flags are SECCOMP_FILTER_FLAG_*, for the call that loads it.
	Flags uint64
}

// maxInstructions is BPF_MAXINSNS of the kernel.
const maxInstructions = 4096

// Compile makes a program of a profile. As with libseccomp, names of system
// calls that an architecture does not have are passed over; of the rules of one
// call those with conditions come first, in their order, and the rest of the
// calls get the default action. Calls newer than all that the profile names
// fail with ENOSYS when the default is an error, so that a C library takes its
// older way instead of giving up (as runc has it).
func Compile(p *specs.LinuxSeccomp) (Program, error) {
	code, err := instructions(p)
	if err != nil {
		return Program{}, fmt.Errorf("compile the seccomp profile: %w", err)
	}
	flags, err := filterFlags(p.Flags)
	if err != nil {
		return Program{}, fmt.Errorf("compile the seccomp profile: %w", err)
	}
	raw, err := bpf.Assemble(code)
	if err != nil {
		return Program{}, fmt.Errorf("compile the seccomp profile: %w", err)
	}
	if len(raw) > maxInstructions {
		return Program{}, fmt.Errorf("compile the seccomp profile: %d instructions, the kernel takes %d", len(raw), maxInstructions)
	}
	b := make([]byte, 0, len(raw)*unix.SizeofSockFilter)
	for _, i := range raw {
		b = binary.NativeEndian.AppendUint16(b, i.Op)
		b = append(b, i.Jt, i.Jf)
		b = binary.NativeEndian.AppendUint32(b, i.K)
	}
	return Program{b, flags}, nil
}

// Offsets in struct seccomp_data.
const (
	offNumber = 0
	offArch   = 4
	offArgs   = 16
)

// instructions asks for the architecture, then for the number.
func instructions(p *specs.LinuxSeccomp) ([]bpf.Instruction, error) {
	if p.ListenerPath != "" {
		return nil, fmt.Errorf("listenerPath %q is not supported", p.ListenerPath)
	}
	calls, err := readRules(p)
	if err != nil {
		return nil, err
	}
	spaces, err := spacesOf(p.Architectures)
	if err != nil {
		return nil, err
	}
	code := append(make([]bpf.Instruction, 0, 1024), word(offArch))
	for _, audit := range audits(spaces) {
		code = append(code, bpf.JumpIf{Cond: bpf.JumpEqual, Val: audit, SkipTrue: 1}, nil, word(offNumber))
		skip := len(code) - 2
		code = search(code, calls.segments(spaces, audit))
		code[skip] = bpf.Jump{Skip: uint32(len(code) - skip - 1)}
	}
	return append(code, bpf.RetConstant{Val: unix.SECCOMP_RET_KILL_PROCESS}), nil
}

func word(offset uint32) bpf.Instruction { return bpf.LoadAbsolute{Off: offset, Size: 4} }

// search adds code that finds the segment that a number lies in by halves. Every
// segment's code ends by itself.
func search(code []bpf.Instruction, list []segment) []bpf.Instruction {
	if len(list) == 1 {
		return list[0].code(code)
	}
	mid, at := len(list)/2, len(code)
	code = search(append(code, nil), list[:mid])
	jump := bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: list[mid].from}
	if below := len(code) - at - 1; below > 255 {
		jump.SkipFalse = 1
		code = slices.Insert(code, at+1, bpf.Instruction(bpf.Jump{Skip: uint32(below)}))
	} else {
		jump.SkipTrue = uint8(below)
	}
	code[at] = jump
	return search(code, list[mid:])
}

// code adds what tries the rules of a segment in their order.
func (s segment) code(code []bpf.Instruction) []bpf.Instruction {
	for _, r := range s.rules {
		code = r.code(code)
	}
	return append(code, bpf.RetConstant{Val: s.otherwise})
}

// failed marks a jump that leads behind the rule, until that is known.
const failed = 255

// code adds what acts when all conditions hold, and goes on behind itself when
// not.
func (r rule) code(code []bpf.Instruction) []bpf.Instruction {
	begin := len(code)
	for _, c := range r.conditions {
		code = append(code, condition(c)...)
	}
	code = append(code, bpf.RetConstant{Val: r.action})
	for i := begin; i < len(code); i++ {
		if jump, ok := code[i].(bpf.JumpIf); ok {
			behind := uint8(len(code) - i - 1)
			if jump.SkipTrue == failed {
				jump.SkipTrue = behind
			}
			if jump.SkipFalse == failed {
				jump.SkipFalse = behind
			}
			code[i] = jump
		}
	}
	return code
}

// condition compares an argument, 64 bits in two halves, the upper first. It
// falls through when the condition holds.
func condition(c specs.LinuxSeccompArg) []bpf.Instruction {
	high, low := halves(c.Index)
	h, l := uint32(c.Value>>32), uint32(c.Value)
	test := func(cond bpf.JumpTest, val uint32, yes, no uint8) bpf.Instruction {
		return bpf.JumpIf{Cond: cond, Val: val, SkipTrue: yes, SkipFalse: no}
	}
	greater := func(cond bpf.JumpTest) []bpf.Instruction {
		return []bpf.Instruction{
			high, test(bpf.JumpGreaterThan, h, 3, 0), test(bpf.JumpEqual, h, 0, failed),
			low, test(cond, l, 0, failed),
		}
	}
	notGreater := func(cond bpf.JumpTest) []bpf.Instruction {
		return []bpf.Instruction{
			high, test(bpf.JumpGreaterThan, h, failed, 0), test(bpf.JumpEqual, h, 0, 2),
			low, test(cond, l, failed, 0),
		}
	}
	switch c.Op {
	case specs.OpEqualTo:
		return []bpf.Instruction{high, test(bpf.JumpEqual, h, 0, failed), low, test(bpf.JumpEqual, l, 0, failed)}
	case specs.OpNotEqual:
		return []bpf.Instruction{high, test(bpf.JumpEqual, h, 0, 2), low, test(bpf.JumpEqual, l, failed, 0)}
	case specs.OpGreaterThan:
		return greater(bpf.JumpGreaterThan)
	case specs.OpGreaterEqual:
		return greater(bpf.JumpGreaterOrEqual)
	case specs.OpLessThan:
		return notGreater(bpf.JumpGreaterOrEqual)
	case specs.OpLessEqual:
		return notGreater(bpf.JumpGreaterThan)
	}
	// The one that is left, as readRules has seen to: Value is the mask.
	return []bpf.Instruction{
		high,
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: h},
		test(bpf.JumpEqual, uint32(c.ValueTwo>>32), 0, failed),
		low,
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: l},
		test(bpf.JumpEqual, uint32(c.ValueTwo), 0, failed),
	}
}

// halves load the two halves of an argument.
func halves(index uint) (high, low bpf.Instruction) {
	offset := uint32(offArgs + 8*index)
	if bigEndian {
		return word(offset), word(offset + 4)
	}
	return word(offset + 4), word(offset)
}

var bigEndian = binary.NativeEndian.Uint16([]byte{0, 1}) == 1
