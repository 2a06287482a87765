//go:build linux

package oracle_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// theatre is some namespaces with a common past, and what is predicted of them.
type theatre struct {
	state  *predict.State
	rules  predict.Rules
	home   *house
	seats  []seat
	ids    map[predict.ID]snapshot.MountID // what the kernel calls a mount
	groups map[predict.ID]snapshot.GroupID
	notes  []note
	calls  []predict.Op // of the umount -R under way
	buf    []byte
	count  *count
	last   predict.Result
	paper  bool // without a kernel
	held   []held

	lodgers, deepest, joined int
}

// paper is a theatre without a kernel: everything is only predicted, by the
// rules of one.
func paper(release string) *theatre {
	snap := &snapshot.Snapshot{Version: snapshot.FormatVersion}
	id := snapshot.NSID{Ino: 1}
	snap.Namespaces = []snapshot.Namespace{{ID: id, Type: snapshot.Mnt}}
	snap.Tables = []snapshot.Table{{NS: id, Via: "mountinfo", Whole: true, Mounts: []snapshot.Mount{{
		ID: 20, Parent: 1, Root: "/", Point: "/", FSType: "tmpfs", Source: "base", VFSOptions: "rw,relatime", Dev: snapshot.Dev{Minor: 30},
	}}}}
	t := &theatre{state: predict.New(world.Build(snap), rulesOn(release)), paper: true, count: newCount()}
	t.state.Knows(entryAt)
	t.state.Leads(t.leads)
	a, _ := t.state.EnterNamespace(1)
	t.seats = []seat{{actor: a}}
	return t
}

// held is a mount on which somebody has something open.
type held struct {
	mount predict.ID
	write bool
}

// seat is a thread in a namespace.
type seat struct {
	host  teller
	room  int
	pid   int
	tid   int
	actor predict.Actor
	// Where its process stands among the lodgers of lodgers, none for the stage,
	// and the one that the namespace belongs to.
	lodging, owner []int
}

// open starts with one namespace that holds nothing but the base.
func open(base string, c *count) (*theatre, error) { return openBy(rulesOn(running()), base, c) }

// openBy is open, with the rules of some kernel for the predictions.
func openBy(rules predict.Rules, base string, c *count) (*theatre, error) {
	h, err := newHouse()
	if err != nil {
		return nil, err
	}
	t := &theatre{home: h, count: c, rules: rules}
	r, err := t.home.open(nil, settleDown(base))
	if err != nil {
		return nil, fmt.Errorf("settle down: %w", err)
	}
	t.seats = []seat{{host: t.home, pid: os.Getpid(), tid: r.tid}}
	return t, t.build()
}

func (t *theatre) close() { t.home.close() }

// build makes the state from what the kernel shows, forgetting all that was
// predicted.
func (t *theatre) build() error {
	snap := &snapshot.Snapshot{Version: snapshot.FormatVersion}
	user := snapshot.Namespace{ID: snapshot.NSID{Ino: 1 << 40}, Type: snapshot.User}
	if lesser() {
		user.Parent.Ino = 1<<40 + 1
	}
	snap.Namespaces = append(snap.Namespaces, user)
	for i := range t.seats {
		list, err := tableOf(t.seats[i].pid, t.seats[i].tid, &t.buf)
		if err != nil {
			return err
		}
		for j := range list {
			list[j].UniqueID = snapshot.MountID(i<<20 + j + 1) // a table is in order of age
		}
		id := snapshot.NSID{Ino: uint64(i + 1)}
		snap.Namespaces = append(snap.Namespaces, snapshot.Namespace{ID: id, Type: snapshot.Mnt, Owner: user.ID, UniqueID: id.Ino})
		snap.Tables = append(snap.Tables, snapshot.Table{NS: id, Via: "mountinfo", Whole: true, Mounts: list})
	}
	w := world.Build(snap)
	t.state = predict.New(w, t.rules)
	t.state.Knows(entryAt)
	t.state.Leads(t.leads)
	t.tell(w)
	t.ids, t.groups = map[predict.ID]snapshot.MountID{}, map[predict.ID]snapshot.GroupID{}
	for i := range t.seats {
		a, err := t.state.EnterNamespace(predict.ID(i + 1))
		if err != nil {
			return err
		}
		t.seats[i].actor = a
	}
	return t.compare()
}

// tell says of the mounts that the kernel shows which are in use.
func (t *theatre) tell(w *world.World) {
	var still []held
	for _, h := range t.held {
		id, seen := t.ids[h.mount]
		for _, v := range w.Views {
			for _, m := range v.Mounts {
				if !seen || m.ID != id {
					continue
				}
				t.state.Use(m)
				if h.write {
					t.state.Write(m)
				}
				still = append(still, held{predict.ID(id), h.write})
			}
		}
	}
	t.held = still
}

// lesser says whether the stage is in a user namespace: pivot_root(2) then locks
// the base to the root of its namespace, as what was there before was locked.
func lesser() bool {
	text, err := os.ReadFile("/proc/self/uid_map")
	return err == nil && strings.Join(strings.Fields(string(text)), " ") != "0 0 4294967295"
}

// entryAt knows what furnish made. File systems that are mounted by mount(2)
// stay empty.
func entryAt(w predict.Where) predict.Entry {
	inside := strings.TrimPrefix(w.Inside, "/")
	switch {
	case inside == "":
		return predict.Directory
	case isLink(inside):
		return predict.SymLink
	case w.Source == "empty":
		return predict.Absent
	case slices.Contains(dirs, inside):
		return predict.Directory
	case slices.Contains(files, inside), inside == lodgerOf && w.Source == "base":
		return predict.File
	}
	return predict.Absent
}

// errTooMuch says that an operation is not tried, errOpen that the kernel did one
// of the things that the prediction left open, so that the state is not known.
var (
	errTooMuch = errors.New("not tried")
	errOpen    = errors.New("left open")
)

const (
	mostMounts = 60 // of a namespace, more or less
	mostNew    = 120
)

// step predicts an operation, does it, and compares. It says whether the
// operation was tried, and what differs.
func (t *theatre) step(at int, op predict.Op) error {
	s := t.seats[at]
	op.By = s.actor
	future := t.state.Clone()
	if op.Kind == predict.OpUnshare {
		return t.unshare(future, at, op)
	}
	said := future.Apply(op)
	if t.tooMuch(future, said) {
		return errTooMuch
	}
	if t.paper {
		t.note(at, op, said)
		return t.judge(future, op, said, reply{})
	}
	t.calls = nil
	r, err := t.do(s, op)
	if r.NotTried {
		return errTooMuch
	}
	t.note(at, op, said)
	if err != nil {
		return err
	}
	return t.judge(future, op, said, r)
}

// tooMuch keeps the theatre small, and everybody's root directory where it is.
func (t *theatre) tooMuch(future *predict.State, said predict.Result) bool {
	if said.Refusal != nil && said.Refusal.Reason == predict.OwnRoot {
		return true
	}
	if slices.Contains(said.Doubts, predict.FlagsByAge) {
		return true // of an ordinary user's first mount: what is not known is not judged
	}
	attached := 0
	for _, e := range said.Effects {
		switch e.Kind {
		case predict.Attach:
			attached++
		case predict.Detach:
			for _, s := range t.seats {
				if t.state.RootOf(s.actor) == e.Was.ID {
					return true
				}
			}
		}
	}
	for _, ns := range future.Namespaces() {
		if future.Count(ns) > mostMounts && attached > 0 {
			return true
		}
	}
	return attached > mostNew
}

func (t *theatre) judge(future *predict.State, op predict.Op, said predict.Result, did reply) error {
	if did.Text != "" {
		return errors.New(did.Text)
	}
	want, got := "ok", "ok"
	if said.Refusal != nil {
		want = string(said.Refusal.Errno)
	}
	if did.Errno != 0 {
		got = unix.ErrnoName(did.Errno)
	}
	t.count.add(said)
	t.last = said
	if t.paper {
		got = want
	}
	if want != got {
		why := ""
		if said.Refusal != nil {
			why = said.Refusal.Text
		}
		err := fmt.Errorf("said %s (%s), the kernel %s", want, why, got)
		if slices.Contains(said.Doubts, predict.RetypeByPatch) {
			return t.leftOpen(err)
		}
		return err
	}
	before := t.state
	t.state = future
	if err := agree(before, future, said); err != nil {
		return err
	}
	err := t.compare()
	if err != nil && slices.Contains(said.Doubts, predict.MastersByOrder) {
		return t.leftOpen(err)
	}
	return err
}

// leftOpen is a difference in what the prediction had doubts about.
func (t *theatre) leftOpen(err error) error {
	t.count.open++
	return fmt.Errorf("%w: %w", errOpen, err)
}

// unshare gives a seat's namespace a copy, with a seat of its own there: a thread
// of the same process, or with a new user namespace a lodger.
func (t *theatre) unshare(future *predict.State, at int, op predict.Op) error {
	s := t.seats[at]
	made, top := s, false
	if op.NewUser {
		made.actor = future.EnterLike(s.actor)
	} else {
		a, err := future.EnterNamespace(future.Home(s.actor))
		if err != nil {
			return err
		}
		future.InUser(a, future.UserOf(s.actor))
		made.actor, top = a, rootOf(future, a) != rootOf(future, s.actor)
	}
	op.By = made.actor
	said := future.Apply(op)
	n := note{at: at, op: op, refusal: said.Refusal, top: top}
	if t.paper {
		t.notes = append(t.notes, n)
		if said.Refusal == nil {
			t.seats = append(t.seats, made)
		}
		return t.judge(future, op, said, reply{})
	}
	r, err := s.host.tell(letter{Room: s.room, Clone: !op.NewUser, Lodge: op.NewUser})
	if err != nil {
		return err
	}
	if r.NotTried {
		return errTooMuch
	}
	t.notes = append(t.notes, n)
	if r.Errno == 0 {
		made.tid, made.room, made.owner = r.TID, r.Room, s.lodging
		if op.NewUser {
			if r := future.Open(made.actor, "/"+lodgerOf); r != nil { // the program that runs
				return r
			}
			future.EnterLike(made.actor) // the process stays where it began
			made.host, made.pid = guest{s.host, r.Lodger}, r.PID
			made.lodging = append(slices.Clip(s.lodging), r.Lodger)
			made.owner = made.lodging
			t.lodgers++
			t.deepest = max(t.deepest, len(made.lodging))
		}
		t.seats = append(t.seats, made)
	}
	return t.judge(future, op, said, r)
}

// rootOf is an actor's root directory: a mount, and the place on it.
func rootOf(s *predict.State, a predict.Actor) [2]any {
	row, inside, _ := s.Lookup(a, "/")
	return [2]any{row.ID, inside}
}

// act does what a line of the tables says.
func (t *theatre) act(at int, op predict.Op) error {
	switch op.Kind {
	case "open", "write":
		return t.open(at, op.Dst, op.Kind == "write")
	case "enter":
		return t.goHome(at)
	case "anew":
		return t.anew()
	case "join":
		var other int
		if _, err := fmt.Sscanf(op.Dst, "@%d", &other); err != nil {
			return err
		}
		return t.join(at, other)
	}
	return t.step(at, op)
}

// join puts a seat's process into the namespace of another seat too, if it has
// the rights over it and may look at the thread there.
func (t *theatre) join(at, other int) error {
	s, to := t.seats[at], t.seats[other]
	for _, of := range [][]int{to.owner, to.lodging} {
		if n := len(s.lodging); len(of) < n || !slices.Equal(s.lodging, of[:n]) {
			return errTooMuch
		}
	}
	a, err := t.state.EnterNamespace(t.state.Home(to.actor))
	if err != nil {
		return err
	}
	t.state.InUser(a, t.state.UserOf(s.actor))
	var r reply
	if !t.paper {
		if r, err = s.host.tell(letter{Room: s.room, Join: to.tid}); err != nil || r.Errno != 0 {
			return fmt.Errorf("@%d joins @%d: %v %w", at, other, r, err)
		}
	}
	t.note(at, predict.Op{Kind: "join", Dst: fmt.Sprintf("@%d", other)}, predict.Result{})
	made := s
	made.tid, made.room, made.actor, made.owner = r.TID, r.Room, a, to.owner
	t.seats = append(t.seats, made)
	t.joined++
	return t.compare()
}

// open has somebody open a path, which keeps its mount busy, or a file to write.
func (t *theatre) open(at int, name string, write bool) error {
	s := t.seats[at]
	said := predict.Result{Op: predict.Op{Kind: "open", Dst: name}}
	if write {
		said.Op.Kind = "write"
		said.Refusal = t.state.OpenToWrite(s.actor, name)
	} else {
		said.Refusal = t.state.Open(s.actor, name)
	}
	if row, _, r := t.state.Lookup(s.actor, name); r == nil && said.Refusal == nil {
		t.held = append(t.held, held{row.ID, write})
	}
	t.note(at, said.Op, said)
	var did reply
	if !t.paper {
		var err error
		if did, err = s.host.tell(letter{Room: s.room, Open: name, Write: write}); err != nil {
			return err
		}
	}
	return t.judge(t.state, said.Op, said, did)
}

// flagged is a mount that has flags of those that are changed, and one of them.
func (t *theatre) flagged(at int, rnd *rand.Rand) (string, predict.Flags, bool) {
	list := slices.DeleteFunc(t.state.View(t.seats[at].actor), func(r predict.Row) bool { return r.Flags&changing == 0 })
	if len(list) == 0 {
		return "", 0, false
	}
	r := list[rnd.IntN(len(list))]
	for {
		if f := flags[rnd.IntN(len(flags))].flag; r.Flags&changing&f != 0 {
			return r.Point, f, true
		}
	}
}

// changing are the flags that a mount does not have at first.
const changing = predict.ReadOnly | predict.NoSuid | predict.NoDev | predict.NoExec | predict.NoDirAtime | predict.NoAtime

// file is the path of a file, mostly.
func (t *theatre) file(at int, rnd *rand.Rand) string {
	return strings.TrimSuffix(t.point(at, rnd), "/") + "/" + files[rnd.IntN(len(files))]
}

// writing is the mount point of a mount on which somebody writes, if there is
// one that an actor sees.
func (t *theatre) writing(at int, rnd *rand.Rand) (string, bool) {
	list := slices.DeleteFunc(t.state.View(t.seats[at].actor), func(r predict.Row) bool { return !slices.Contains(t.held, held{r.ID, true}) })
	return anyOf(list, rnd), len(list) > 0
}

// goHome has somebody enter the namespace anew, which leaves a chroot.
func (t *theatre) goHome(at int) error {
	s := &t.seats[at]
	if !t.paper {
		did, err := s.host.tell(letter{Room: s.room, Home: true})
		if err != nil || did.Errno != 0 {
			return fmt.Errorf("enter @%d again: %v %w", at, did, err)
		}
	}
	t.note(at, predict.Op{Kind: "enter"}, predict.Result{})
	t.state.Leave(s.actor)
	a, err := t.state.EnterNamespace(t.state.Home(s.actor))
	if err != nil {
		return err
	}
	t.state.InUser(a, t.state.UserOf(s.actor))
	s.actor = a
	return t.compare()
}

// anew forgets what was predicted and starts from what is there, where that
// shows everything: not what is locked. What is open is told.
func (t *theatre) anew() error {
	if t.paper || t.lodgers > 0 || t.joined > 0 || lesser() {
		return nil
	}
	for i := range t.seats {
		if err := t.goHome(i); err != nil {
			return err
		}
		if s := t.seats[i]; len(t.state.View(s.actor)) < len(t.state.Table(t.state.Home(s.actor))) {
			return nil // what lies below the root directory is not shown
		}
	}
	t.note(0, predict.Op{Kind: "anew"}, predict.Result{})
	if err := t.build(); err != nil || len(t.state.Gaps()) == 0 {
		return err
	}
	t.count.open++
	return errOpen // what there is cannot be read
}

// point is mostly a mount point.
func (t *theatre) point(at int, rnd *rand.Rand) string {
	if rnd.IntN(8) == 0 {
		return t.somewhere(at, rnd)
	}
	return anyOf(t.state.View(t.seats[at].actor), rnd)
}

// private are the mounts of a view that can join a group.
func (t *theatre) private(at int) []predict.Row {
	return slices.DeleteFunc(t.state.View(t.seats[at].actor), func(r predict.Row) bool { return r.Group != 0 || r.Master != 0 })
}

// anyOf is one of the mount points; below a chroot there may be none.
func anyOf(view []predict.Row, rnd *rand.Rand) string {
	if len(view) == 0 {
		return "/"
	}
	return view[rnd.IntN(len(view))].Point
}

// somewhere is a path that an actor may name, most often one that is there.
func (t *theatre) somewhere(at int, rnd *rand.Rand) string {
	a := t.seats[at].actor
	view := t.state.View(a)
	for tries := 0; ; tries++ {
		p := anyOf(view, rnd)
		for range 2 {
			if step := steps[rnd.IntN(len(steps))]; step != "" {
				p = strings.TrimSuffix(p, "/") + "/" + step
			}
		}
		if _, _, r := t.state.Lookup(a, p); r == nil || tries == 3 {
			return p
		}
	}
}

var steps = []string{"", "", "", "", "", "", "a", "b", "x", "a", "b", "x", "y", "z", "..", "f", "none"}

// agree holds the effects that were told against the difference of two states.
func agree(before, after *predict.State, said predict.Result) error {
	was, is := ids(before), ids(after)
	if said.Op.Kind == predict.OpUnshare {
		return nil // the namespace is one effect
	}
	for _, e := range said.Effects {
		switch e.Kind {
		case predict.Attach:
			if was[e.Mount.ID] || !is[e.Mount.ID] {
				return fmt.Errorf("%d at %s is told to be attached", e.Mount.ID, e.Mount.Point)
			}
			delete(is, e.Mount.ID)
		case predict.Detach:
			if !was[e.Was.ID] || is[e.Was.ID] {
				return fmt.Errorf("%d at %s is told to be detached", e.Was.ID, e.Was.Point)
			}
			delete(was, e.Was.ID)
		}
	}
	if !maps.Equal(was, is) {
		return fmt.Errorf("%d mounts before and %d after were not told of", len(was), len(is))
	}
	return nil
}

func ids(s *predict.State) map[predict.ID]bool {
	set := map[predict.ID]bool{}
	for _, ns := range s.Namespaces() {
		for _, r := range s.Table(ns) {
			set[r.ID] = true
		}
	}
	return set
}
