package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/inspect/snapshot"
)

// Sources are what a watch reads: a live host, its kernel, and its /proc as an
// open directory.
type Sources struct {
	Host   snapshot.Sources
	Kernel *kernel.Kernel
	Proc   *kernel.ProcDir
}

// Watcher follows a live host. It is for one goroutine: Next does all the work,
// and while it is not called the kernel keeps what happens.
type Watcher struct {
	src     Sources
	opts    Options
	first   *snapshot.Snapshot
	kept    *kept
	gaps    []snapshot.Gap
	notices *kernel.Notices // nil where the kernel gives none
	wait    *kernel.Waiter
	reader  *kernel.MountReader

	ctx     context.Context // of the call that is being answered
	seq     uint64
	ready   []Step
	walks   int      // through the kernel's enumeration of namespaces
	refused bool     // the kernel does not enumerate
	missed  []notice // mounts that came or went without a notice

	owners     map[string]string // by control group text
	containers []snapshot.Container
	cgroup     []byte // a buffer

	noticing // what was noticed and is not told yet
	polling  // the namespaces without notices
	pacing   // when to read again what gives no notice
}

// Start begins to watch: from now on nothing is missed. The error says that
// nothing can be watched at all; see also [Watcher.Gaps].
func Start(ctx context.Context, src Sources, opts Options) (*Watcher, error) {
	w := &Watcher{ctx: ctx, src: src, opts: opts, kept: newKept(), owners: map[string]string{}}
	w.noticing.begin()
	w.pacing.begin(opts.Rescan)
	w.polling.begin()
	var err error
	if w.wait, err = kernel.NewWaiter(); err != nil {
		return nil, err
	}
	w.reader = src.Kernel.NewMountReader()
	w.listen()
	if err := w.begin(ctx); err != nil {
		_ = w.Close()
		return nil, err
	}
	return w, nil
}

// listen asks for the kernel's notices, and says where there are none.
func (w *Watcher) listen() {
	if w.opts.PollOnly {
		return
	}
	var err error
	if w.notices, err = w.src.Kernel.OpenNotices(); err == nil {
		err = w.wait.AddNotices(w.notices)
	}
	if err != nil {
		w.gap("mount namespaces", "be notified of mounts", err)
	}
}

// begin lists the namespaces, each after it was marked, so that nothing falls
// between the list and the first notice.
func (w *Watcher) begin(ctx context.Context) error {
	walked := w.walk(func(*space) {}, func() {}) == nil
	base, err := snapshot.Take(ctx, w.src.Host, snapshot.Want{
		Types: snapshot.Types(snapshot.Mnt), Holders: snapshot.Auto, UniqueIDs: true, Names: true,
		Lead: snapshot.FieldUser | snapshot.FieldCommand | snapshot.FieldCgroup,
	})
	if err != nil {
		return err
	}
	if !walked {
		w.meet(base)
	}
	w.rememberOwners(base)
	if len(w.kept.spaces) == 0 {
		return fmt.Errorf("no mount namespace can be watched: %s", w.whyNone())
	}
	w.first = w.firstOf(base)
	return nil
}

func (w *Watcher) whyNone() string {
	if len(w.gaps) == 0 {
		return "none was found"
	}
	g := w.gaps[len(w.gaps)-1]
	return g.Subject + ": " + g.Op + ": " + g.Error
}

// firstOf is the host as it is now: what was read of it and the tables kept.
func (w *Watcher) firstOf(base *snapshot.Snapshot) *snapshot.Snapshot {
	s := *base
	known := map[uint64]bool{}
	for i := range s.Namespaces {
		known[s.Namespaces[i].ID.Ino] = true
	}
	for ino, sp := range w.kept.spaces {
		sp.told = true
		if !known[ino] {
			s.Namespaces = append(s.Namespaces, sp.ns)
		}
		t := newTable(&snapshot.Table{NS: sp.ns.ID, Via: sp.via(), Whole: true})
		for key, e := range sp.mounts {
			t.mounts[key] = e.m
		}
		s.Tables = append(s.Tables, t.table())
	}
	s.Want.Tables = snapshot.Tables{All: true}
	s.Gaps = append(s.Gaps[:len(s.Gaps):len(s.Gaps)], w.gaps...)
	s.Normalize()
	return &s
}

func (s *space) via() string {
	if s.noticed {
		return "statmount"
	}
	return "mountinfo"
}

func (w *Watcher) gap(subject, op string, err error) {
	g := snapshot.Gap{Subject: subject, Op: op, Error: err.Error()}
	for _, have := range w.gaps {
		if have == g {
			return
		}
	}
	w.gaps = append(w.gaps, g)
}

// First is the host as it was when the watch began. It must not be changed.
func (w *Watcher) First() *snapshot.Snapshot { return w.first }

// Gaps are what cannot be watched, and why, as known by now.
func (w *Watcher) Gaps() []snapshot.Gap { return w.gaps }

// Close lets go of everything.
func (w *Watcher) Close() error {
	if w.notices != nil {
		_ = w.notices.Close()
	}
	return w.wait.Close()
}

// Next waits for the next step. When the context ends, what was noticed until
// then comes first, then the context's error.
func (w *Watcher) Next(ctx context.Context) (Step, error) {
	defer context.AfterFunc(ctx, w.wait.Wake)()
	w.ctx = ctx
	for {
		if len(w.ready) > 0 {
			s := w.ready[0]
			w.ready[0] = Step{} // let go of what it holds
			w.ready = w.ready[1:]
			return s, nil
		}
		if err := ctx.Err(); err != nil {
			if w.flush(); len(w.ready) > 0 {
				continue
			}
			return Step{}, err
		}
		if err := w.turn(); err != nil {
			return Step{}, err
		}
	}
}

// turn waits until something happens, or is due, and does it.
func (w *Watcher) turn() error {
	limit := min(w.untilRescan(), w.untilSettled(), w.untilPolled())
	noticed, err := w.wait.Wait(limit, w.pollChanged)
	if err != nil {
		return err
	}
	if noticed {
		if err := w.readNotices(); err != nil {
			return err
		}
	}
	if w.untilSettled() <= 0 {
		w.flush()
	}
	if w.untilPolled() <= 0 {
		w.readPolled()
	}
	if w.untilRescan() <= 0 {
		w.flush()
		return w.rescan()
	}
	return nil
}

// never is longer than anybody waits.
const never = time.Hour

// tell makes a step of an event, and gives it its number.
func (w *Watcher) tell(e Event, mounts []MountChange, spaces []SpaceChange) {
	w.seq++
	e.Seq, e.Time = w.seq, time.Now()
	w.ready = append(w.ready, Step{Event: e, Mounts: mounts, Spaces: spaces})
}

// tellQuietly makes a step of changes that are nobody's news.
func (w *Watcher) tellQuietly(mounts []MountChange) {
	if len(mounts) > 0 {
		w.ready = append(w.ready, Step{Mounts: mounts})
	}
}
