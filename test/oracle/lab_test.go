//go:build linux

package oracle_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/predict"
)

var labFile = flag.String("lab", "", "write a walk that found a difference to `FILE`, for nsview lab run")

// asLab is a walk that found a difference as a lab that shows it, which goes to a
// file too where one was named.
func asLab(notes []note) string {
	t, difference, err := shrink(notes, rulesOn(running()))
	if err == nil {
		defer t.close()
	} else {
		t, difference = &theatre{notes: notes, paper: true}, err
	}
	text := t.lab(difference)
	if *labFile == "" {
		return "for nsview lab run ./oracle.lab:\n\n" + text
	}
	if err := os.WriteFile(*labFile, []byte(text), 0o644); err != nil {
		return fmt.Sprintf("%v; this is the lab:\n\n%s", err, text)
	}
	return fmt.Sprintf("nsview lab run %s does this:\n\n%s", *labFile, text)
}

// lab is a walk as a lab. A walk in which a difference was found claims, of its
// last operation, what was predicted; any other claims all the mounts that there
// are in the end.
func (t *theatre) lab(difference error) string {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if difference == nil {
		put("title A walk at random")
		put("claim every operation does what nsview predict says")
	} else {
		put("title Where nsview predict and the kernel differ")
		put("claim the last operation does what was predicted")
	}
	put("source test/oracle, on Linux %s", running())
	needs := []string{"one-cpu"} // where the ids of namespaces ascend
	if !lesser() {
		needs = append(needs, "root")
	}
	put("needs %s", strings.Join(needs, " "))
	put("\nstory")
	put("  Operations were chosen by chance. Whose seat has a higher number is in a copy")
	put("  of the mount namespace of somebody before, or has joined it.")
	if slices.ContainsFunc(t.notes, func(n note) bool { return n.op.NewUser }) {
		put("  Who was in a user namespace of its own ran the program /%s, which an open file", lodgerOf)
		put("  stands for here; its other threads stayed where they began, as the one does whose")
		put("  name begins with rest.")
	}
	if difference != nil {
		first, _, _ := strings.Cut(difference.Error(), "\n")
		put("  This is what was found of the last operation: %s", first)
	}
	put("\nstage")
	put("  host: clone seat0%s", map[bool]string{true: " user mnt"}[lesser()])
	put("  seat0: mount --with=%s,%s tmpfs /mnt base mode=0755", furniture(), lodgerOf)
	for _, line := range []string{"chdir /mnt", "pivot . .", "umount -l .", "chdir /"} {
		put("  seat0: %s", line)
	}
	put("\nstep The walk.\n  => seat0 has / source=base count=1")
	w := labWriter{put: put, seats: 1}
	for i, n := range t.notes {
		w.note(n, i == len(t.notes)-1)
	}
	for _, claim := range t.claims(difference == nil) {
		put("  => %s", claim)
	}
	put("\n# The same for test/oracle/testdata/tables.txt:")
	for _, line := range t.lines() {
		put("# %s", line)
	}
	if difference != nil {
		put("\n# %s", strings.ReplaceAll(strings.TrimSpace(difference.Error()), "\n", "\n# "))
	}
	return b.String()
}

// furniture is what is in a file system that is not empty, as labs write it.
func furniture() string {
	var list []string
	for _, d := range dirs {
		list = append(list, d+"/")
	}
	return strings.Join(append(list, files...), ",")
}

// labWriter writes notes as actions of a lab.
type labWriter struct {
	put    func(format string, args ...any)
	seats  int
	nobody int // who could not be made
}

// note writes one, with how it was said to end.
func (w *labWriter) note(n note, last bool) {
	act := func(format string, args ...any) {
		w.put("  seat%d: %s", n.at, fmt.Sprintf(format, args...))
	}
	if n.op.Kind == "anew" {
		w.put("# Here all that was predicted was forgotten.")
		return
	}
	if n.op.Kind == predict.OpUmount && n.op.Recursive {
		w.put("# umount -R %s:", n.op.Dst)
	}
	linked := byLink(n.op)
	if linked {
		n.op.Src, n.op.Dst = inLab(n.op.Src), inLab(n.op.Dst)
		act("fchdir /proc")
	}
	for i, op := range n.calls {
		if n.op = op; i < len(n.calls)-1 {
			act("%s", w.action(n))
		}
	}
	act("%s", w.action(n))
	switch {
	case n.refusal != nil:
		w.put("  => fails %s", n.refusal.Errno)
	case last:
		w.put("  => ok")
	}
	if last {
		return
	}
	if linked {
		act("chdir /")
	}
	if n.refusal != nil {
		return
	}
	switch n.op.Kind {
	case predict.OpChroot:
		act("chdir /")
	case predict.OpUnshare:
		n.at = w.seats - 1 // who was made goes on
		if n.top {
			act("leave")
		}
		if n.op.NewUser {
			act("hold /%s", lodgerOf)
			act("clone rest%d uts", n.at)
		}
	}
}

// action is an operation in the words of labs.
func (w *labWriter) action(n note) string {
	op := n.op
	opts := ""
	switch {
	case op.IDMap:
		opts = " --idmap"
	case op.Detached && op.Source != "full":
		opts = " --detached"
	}
	if op.Beneath {
		opts += " --beneath"
	}
	switch op.Kind {
	case predict.OpMount:
		if op.Source == "full" {
			opts += " --with=" + furniture()
		}
		return fmt.Sprintf("mount%s %s %s %s", opts, op.FSType, op.Dst, op.Source)
	case predict.OpRemount:
		if op.Recursive {
			opts = " -R"
		}
		return fmt.Sprintf("setattr%s %s %s", opts, changes(op.Flags, op.Clear), op.Dst)
	case predict.OpUmount:
		if op.Lazy {
			opts = " -l"
		}
	case predict.OpUnshare:
		return "clone " + w.newSeat(n) + map[bool]string{true: " user mnt"}[op.NewUser]
	case "join":
		return "join " + w.newSeat(n) + " seat" + op.Dst[1:]
	case "open":
		return "hold " + op.Dst
	case "write":
		return "hold -w " + op.Dst
	case "enter":
		return "leave"
	}
	return strings.Join(strings.Fields(n.verb()+opts+" "+op.Src+" "+op.Dst), " ")
}

// inLab is a path as labs write it, below /proc for one that begins with a link.
func inLab(name string) string {
	first, rest, more := strings.Cut(name, "/")
	kind, seat, ok := linkOf(first)
	switch {
	case !ok:
		return name
	case kind != "root":
		kind = "ns/" + kind
	}
	name = fmt.Sprintf("{seat%d.pid}/%s", seat, kind)
	if more {
		name += "/" + rest
	}
	return name
}

// newSeat names who is made.
func (w *labWriter) newSeat(n note) string {
	if n.refusal != nil {
		w.nobody++
		return fmt.Sprintf("nobody%d", w.nobody)
	}
	w.seats++
	return fmt.Sprintf("seat%d", w.seats-1)
}
