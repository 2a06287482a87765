package bundle

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/launch"
)

// IDMapping says whether a mount has its ids mapped.
type IDMapping uint8

// The mappings of a mount (config.md, idmap and ridmap).
const (
	NoIDMap IDMapping = iota
	IDMap
	RecursiveIDMap
)

// Options are the options of a mount, sorted by what they are about. Later ones
// win, as in mount(8).
type Options struct {
	Bind      bool // also of rbind
	Recursive bool // rbind
	Remount   bool
	// Mount are attributes of the mount alone, Tree of all mounts below too.
	Mount, Tree launch.Attributes
	// Super are options of the file system that any type has (ro, sync,
	// dirsync, lazytime, mand), Data those that its type knows.
	Super, Data []string
	// Propagation are changes of propagation, made one after the other.
	Propagation []launch.Request
	IDMap       IDMapping
}

// OptionError is the option that makes no sense.
type OptionError struct {
	Index int
	Err   error
}

// Error is the cause.
func (e *OptionError) Error() string { return e.Err.Error() }

// Unwrap is the cause.
func (e *OptionError) Unwrap() error { return e.Err }

// attributes are the options of a mount by name; with r in front they are for
// all mounts below as well. Of the settings of MOUNT_ATTR__ATIME one is chosen.
var attributes = map[string]launch.Attributes{
	"ro":            {Set: unix.MOUNT_ATTR_RDONLY},
	"rw":            {Clear: unix.MOUNT_ATTR_RDONLY},
	"nosuid":        {Set: unix.MOUNT_ATTR_NOSUID},
	"suid":          {Clear: unix.MOUNT_ATTR_NOSUID},
	"nodev":         {Set: unix.MOUNT_ATTR_NODEV},
	"dev":           {Clear: unix.MOUNT_ATTR_NODEV},
	"noexec":        {Set: unix.MOUNT_ATTR_NOEXEC},
	"exec":          {Clear: unix.MOUNT_ATTR_NOEXEC},
	"nodiratime":    {Set: unix.MOUNT_ATTR_NODIRATIME},
	"diratime":      {Clear: unix.MOUNT_ATTR_NODIRATIME},
	"nosymfollow":   {Set: unix.MOUNT_ATTR_NOSYMFOLLOW},
	"symfollow":     {Clear: unix.MOUNT_ATTR_NOSYMFOLLOW},
	"relatime":      {Set: unix.MOUNT_ATTR_RELATIME, Clear: unix.MOUNT_ATTR__ATIME},
	"norelatime":    {Set: unix.MOUNT_ATTR_RELATIME, Clear: unix.MOUNT_ATTR__ATIME},
	"atime":         {Set: unix.MOUNT_ATTR_RELATIME, Clear: unix.MOUNT_ATTR__ATIME},
	"noatime":       {Set: unix.MOUNT_ATTR_NOATIME, Clear: unix.MOUNT_ATTR__ATIME},
	"strictatime":   {Set: unix.MOUNT_ATTR_STRICTATIME, Clear: unix.MOUNT_ATTR__ATIME},
	"nostrictatime": {Set: unix.MOUNT_ATTR_RELATIME, Clear: unix.MOUNT_ATTR__ATIME},
}

// change adds what an option says to what those before it have said.
func change(a *launch.Attributes, by launch.Attributes) {
	a.Set = a.Set&^by.Clear | by.Set
	a.Clear = a.Clear&^by.Set | by.Clear
}

// opposites are the options of a file system that undo others.
var opposites = map[string]string{
	"async": "sync", "nolazytime": "lazytime", "nomand": "mand", "rw": "ro",
}

// superOptions are the options that any file system takes; dirsync has no
// opposite.
var superOptions = []string{"ro", "sync", "dirsync", "lazytime", "mand"}

// ParseOptions sorts the options of a mount.
func ParseOptions(list []string) (Options, *OptionError) {
	var o Options
	for i, text := range list {
		if err := o.add(text); err != nil {
			return o, &OptionError{i, err}
		}
	}
	return o, nil
}

func (o *Options) add(text string) error {
	if strings.Contains(text, "\x00") {
		return fmt.Errorf("%q has a NUL in it", text)
	}
	if known, err := o.addWord(text); known || err != nil {
		return err
	}
	own, isOwn := attributes[text]
	below, recursive := strings.CutPrefix(text, "r")
	all, isAll := attributes[below]
	switch {
	case isOwn:
		change(&o.Mount, own)
		o.addSuper(text)
	case recursive && isAll:
		change(&o.Tree, all)
	case slices.Contains(superOptions, text) || opposites[text] != "":
		o.addSuper(text)
	default:
		// Whatever else there is, the file system has to know.
		o.Data = append(o.Data, strings.Split(text, ",")...)
	}
	return nil
}

// addSuper takes note of an option of the file system as a whole.
func (o *Options) addSuper(text string) {
	if undone := opposites[text]; undone != "" {
		o.Super = slices.DeleteFunc(o.Super, func(s string) bool { return s == undone })
	} else if slices.Contains(superOptions, text) && !slices.Contains(o.Super, text) {
		o.Super = append(o.Super, text)
	}
}

// addWord takes the options that say what kind of mount it is. It says whether
// it knew the option.
func (o *Options) addWord(text string) (known bool, err error) {
	switch text {
	case "defaults", "loud", "silent", "noiversion":
		// What the kernel does anyway; messages of mounting are not asked for.
	case "":
		return true, errors.New("is empty")
	case "bind":
		o.Bind = true
	case "rbind":
		o.Bind, o.Recursive = true, true
	case "remount":
		o.Remount = true
	case "idmap":
		o.IDMap = IDMap
	case "ridmap":
		o.IDMap = RecursiveIDMap
	case "tmpcopyup":
		return true, errors.New("tmpcopyup is not done: a tmpfs starts empty")
	case "iversion":
		o.Data = append(o.Data, "i_version")
	case "unchanged":
		return false, nil // a word of package launch, none of the specification
	default:
		request, err := launch.ParseRequest(text)
		if err != nil {
			return false, nil // it is another kind of option
		}
		o.Propagation = append(o.Propagation, request)
	}
	return true, nil
}

// parsePropagation takes a change of propagation by name; "" is no change.
func parsePropagation(text string) (launch.Request, error) {
	if text == "" {
		return launch.Request{}, nil
	}
	r, err := launch.ParseRequest(text)
	if err == nil && r.Change == launch.Unchanged {
		err = fmt.Errorf("unknown propagation %q", text)
	}
	return r, err
}
