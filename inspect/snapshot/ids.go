package snapshot

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Type is one of the eight kinds of namespace of namespaces(7).
type Type uint8

// The namespace types, in the order in which they are listed.
const (
	Mnt Type = iota
	PID
	Net
	IPC
	UTS
	User
	Cgroup
	Time
	NumTypes = 8
)

var typeNames = [NumTypes]string{"mnt", "pid", "net", "ipc", "uts", "user", "cgroup", "time"}

// String is the type's name as the links of /proc/PID/ns spell it.
func (t Type) String() string {
	if t < NumTypes {
		return typeNames[t]
	}
	return fmt.Sprintf("type(%d)", uint8(t))
}

// ParseType is the inverse of [Type.String].
func ParseType(s string) (Type, error) {
	for t, name := range typeNames {
		if s == name {
			return Type(t), nil
		}
	}
	return 0, fmt.Errorf("unknown namespace type %q (types: %s)", s, strings.Join(typeNames[:], " "))
}

// MarshalText writes the type's name.
func (t Type) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads the type's name.
func (t *Type) UnmarshalText(b []byte) (err error) {
	*t, err = ParseType(string(b))
	return err
}

// TypeSet is a set of namespace types.
type TypeSet uint16

// AllTypes has every type.
const AllTypes TypeSet = 1<<NumTypes - 1

// Types makes the set of the types given.
func Types(types ...Type) TypeSet {
	var s TypeSet
	for _, t := range types {
		s |= 1 << t
	}
	return s
}

// Has says whether t is in the set.
func (s TypeSet) Has(t Type) bool { return s>>t&1 == 1 }

// Len is the number of types in the set.
func (s TypeSet) Len() int { return bits.OnesCount16(uint16(s)) }

// All yields the types of the set in order.
func (s TypeSet) All() func(yield func(Type) bool) {
	return func(yield func(Type) bool) {
		for t := range Type(NumTypes) {
			if s.Has(t) && !yield(t) {
				return
			}
		}
	}
}

// NSID names a namespace while it lives: the device and inode number of its
// nsfs file (namespaces(7)). Dev is 0 where only the number was seen, as in the
// link text of a saved /proc. Inode numbers are used again after a namespace
// dies; [Namespace.UniqueID] is not.
type NSID struct {
	Dev Dev    `json:"dev,omitzero"`
	Ino uint64 `json:"ino"`
}

// IsZero says that no namespace is named.
func (id NSID) IsZero() bool { return id.Ino == 0 }

// FirstNSInode is the lowest inode number that the kernel gives a namespace
// (PROC_DYNAMIC_FIRST is 0xF0000000; the initial ones lie just below it, from
// PROC_IPC_INIT_INO 0xEFFFFFF8 up). No process id reaches it.
const FirstNSInode = 0xEFFFFFF8

// Dev is the device number of a superblock, as st_dev and mountinfo show it.
type Dev struct {
	Major, Minor uint32
}

// String is major:minor, as mountinfo writes it.
func (d Dev) String() string {
	return strconv.FormatUint(uint64(d.Major), 10) + ":" + strconv.FormatUint(uint64(d.Minor), 10)
}

// MarshalText writes major:minor.
func (d Dev) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads major:minor.
func (d *Dev) UnmarshalText(b []byte) error {
	var rest string
	n, err := fmt.Sscanf(string(b)+" ", "%d:%d%s", &d.Major, &d.Minor, &rest)
	if n != 2 {
		return fmt.Errorf("device number %q is not MAJOR:MINOR: %w", b, err)
	}
	return nil
}

// MountID names a mount. The 32-bit ids of mountinfo are unique over all
// namespaces of a host at one moment and used again at once; the 64-bit ids of
// statmount(2) are never used again.
type MountID uint64

// GroupID is the number of a peer group (mount_namespaces(7)): 0 is no group.
// Numbers are used again as soon as the last member leaves.
type GroupID uint64

// String is the number. One of a group that a prediction makes is below zero.
func (g GroupID) String() string { return strconv.FormatInt(int64(g), 10) }

// ParseLink takes the text of a namespace link or of an nsfs mount's root
// apart: "mnt:[4026531841]" (namespaces(7)). The children's links of
// /proc/PID/ns (pid_for_children) name the plain type.
func ParseLink(link string) (Type, uint64, error) {
	name, rest, ok := strings.Cut(link, ":[")
	number, closed := strings.CutSuffix(rest, "]")
	if !ok || !closed {
		return 0, 0, fmt.Errorf("namespace link %q is not of the form type:[number]", link)
	}
	t, err := ParseType(name)
	if err != nil {
		return 0, 0, err
	}
	ino, err := strconv.ParseUint(number, 10, 64)
	if err != nil || ino == 0 {
		return 0, 0, fmt.Errorf("namespace link %q has no inode number", link)
	}
	return t, ino, nil
}
