package predict

import (
	"fmt"
	"strings"
)

// Flags are the flags of a mount, not of its file system.
type Flags uint16

// The flags, each by its word in the options of /proc/PID/mountinfo.
const (
	ReadOnly Flags = 1 << iota
	NoSuid
	NoDev
	NoExec
	NoAtime
	NoDirAtime
	RelAtime
	NoSymFollow
	IDMapped // it has a map of ids, which no remount changes
)

// flagWords are the words of the flags, in the order of mountinfo (show_mnt_opts
// in fs/proc_namespace.c), and those of mount(8) that take them away. The words of
// access times, which exclude each other, are in [flagOf].
var flagWords = [...]struct {
	flag    Flags
	on, off string
}{
	{ReadOnly, "ro", "rw"},
	{NoSuid, "nosuid", "suid"},
	{NoDev, "nodev", "dev"},
	{NoExec, "noexec", "exec"},
	{NoAtime, "noatime", ""},
	{NoDirAtime, "nodiratime", "diratime"},
	{RelAtime, "relatime", ""},
	{NoSymFollow, "nosymfollow", "symfollow"},
	{IDMapped, "idmapped", ""},
}

// FlagsOf reads the flags of a mount from its options, as
// /proc/PID/mountinfo spells them.
func FlagsOf(options string) Flags {
	var f Flags
	for word := range strings.SplitSeq(options, ",") {
		for i := range flagWords {
			if flagWords[i].on == word {
				f |= flagWords[i].flag
			}
		}
	}
	return f
}

// String is the flags as mountinfo writes them.
func (f Flags) String() string {
	text := "rw"
	for _, w := range flagWords {
		switch {
		case f&w.flag == 0:
		case w.flag == ReadOnly:
			text = w.on
		default:
			text += "," + w.on
		}
	}
	return text
}

// flagOf is what a word of mount(8) sets and takes away.
func flagOf(word string) (set, clear Flags, ok bool) {
	switch word {
	case "":
		return 0, 0, false
	case "relatime":
		return RelAtime, NoAtime, true
	case "noatime":
		return NoAtime, RelAtime, true
	case "atime":
		return 0, NoAtime, true
	case "strictatime":
		return 0, NoAtime | RelAtime, true
	case "idmapped":
		return 0, 0, false // a map is no option of mount(8)
	}
	for _, w := range flagWords {
		switch word {
		case w.on:
			return w.flag, 0, true
		case w.off:
			return 0, w.flag, true
		}
	}
	return 0, 0, false
}

// Reflag makes a list of flags in the words of mount(8) those that OpRemount sets
// and takes away: "ro,suid".
func (o *Op) Reflag(list string) error {
	for text := range strings.SplitSeq(list, ",") {
		set, clear, ok := flagOf(text)
		if !ok {
			return fmt.Errorf("%q is no flag of a mount: ro, rw, nosuid, suid, nodev, dev, noexec, exec, noatime, relatime, strictatime, nodiratime, diratime, nosymfollow, symfollow", text)
		}
		o.Flags, o.Clear = o.Flags&^clear|set, o.Clear&^set|clear
	}
	return nil
}
