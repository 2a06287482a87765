//go:build linux

package oracle_test

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/predict"
)

// note is one thing that was done in a theatre. From its notes a walk is written
// down: as lines of the tables, and as a lab.
type note struct {
	at      int
	op      predict.Op // or of the kinds that are no operations: open, write, join, enter, anew
	refusal *predict.Refusal
	// calls are what umount -R came to.
	calls []predict.Op
	// top: who is new does not stand where its maker does, but at the root
	// directory of the namespace.
	top bool
}

func (t *theatre) note(at int, op predict.Op, said predict.Result) {
	t.notes = append(t.notes, note{at: at, op: op, refusal: said.Refusal, calls: t.calls})
	t.calls = nil
}

// verb is the operation's name in the tables, and in labs.
func (n note) verb() string {
	switch {
	case n.op.Kind == predict.OpMake && n.op.Recursive:
		return "make-r" + string(n.op.Type)
	case n.op.Kind == predict.OpMake:
		return "make-" + string(n.op.Type)
	case n.op.Kind == predict.OpBind && n.op.Recursive:
		return "rbind"
	}
	return string(n.op.Kind)
}

// line is a line of the tables, which [theatre.perform] does again.
func (n note) line() string {
	op := n.op
	words := []string{fmt.Sprintf("@%d", n.at), n.verb()}
	full := op.Kind == predict.OpMount && op.Source == "full"
	for _, o := range []struct {
		word string
		on   bool
	}{
		{"--empty", op.Kind == predict.OpMount && !full},
		{"--detached", op.Detached && !full && !op.IDMap},
		{"--idmap", op.IDMap},
		{"--beneath", op.Beneath},
		{"--user", op.NewUser},
		{"-l", op.Lazy},
		{"-R", op.Kind == predict.OpUmount && op.Recursive},
		{"--recursive", op.Kind == predict.OpRemount && op.Recursive},
		{"+" + changes(op.Flags, 0), op.Kind == predict.OpRemount && op.Flags != 0},
		{"-" + changes(op.Clear, 0), op.Kind == predict.OpRemount && op.Clear != 0},
		{op.Src, op.Src != ""},
		{op.Dst, op.Dst != ""},
	} {
		if o.on {
			words = append(words, o.word)
		}
	}
	if n.refusal != nil {
		words = append(words, "!", string(n.refusal.Errno), string(n.refusal.Reason))
	}
	return strings.Join(words, " ")
}

// lines is a walk as a block of the tables.
func (t *theatre) lines() (list []string) {
	for _, n := range t.notes {
		list = append(list, n.line())
	}
	return list
}

// flags are the flags that walks change, as mount(8) calls them.
var flags = []struct {
	flag    predict.Flags
	on, off string
	attr    uint64 // of mount_setattr(2)
	ms, st  uint64 // of mount(2) and statfs(2)
}{
	{predict.ReadOnly, "ro", "rw", unix.MOUNT_ATTR_RDONLY, unix.MS_RDONLY, unix.ST_RDONLY},
	{predict.NoSuid, "nosuid", "suid", unix.MOUNT_ATTR_NOSUID, unix.MS_NOSUID, unix.ST_NOSUID},
	{predict.NoDev, "nodev", "dev", unix.MOUNT_ATTR_NODEV, unix.MS_NODEV, unix.ST_NODEV},
	{predict.NoExec, "noexec", "exec", unix.MOUNT_ATTR_NOEXEC, unix.MS_NOEXEC, unix.ST_NOEXEC},
	{predict.NoDirAtime, "nodiratime", "diratime", unix.MOUNT_ATTR_NODIRATIME, unix.MS_NODIRATIME, unix.ST_NODIRATIME},
	{predict.NoAtime, "noatime", "atime", unix.MOUNT_ATTR_NOATIME, unix.MS_NOATIME, unix.ST_NOATIME},
	{predict.RelAtime, "relatime", "strictatime", unix.MOUNT_ATTR_RELATIME, unix.MS_RELATIME, unix.ST_RELATIME},
}

// atime are the flags of which one, or none, says how access times are kept.
const atime = predict.NoAtime | predict.RelAtime

// changes are flags to be set, and to be taken away, in words.
func changes(set, clear predict.Flags) string {
	var words []string
	for _, f := range flags {
		if set&f.flag != 0 {
			words = append(words, f.on)
		}
		if clear&f.flag != 0 {
			words = append(words, f.off)
		}
	}
	return strings.Join(words, ",")
}
