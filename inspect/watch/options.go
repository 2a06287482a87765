package watch

import "time"

// DefaultRescan is how often namespaces are looked for and tables read again,
// on hosts where that is cheap; see [Options].
const DefaultRescan = time.Second

// Options say how to watch.
type Options struct {
	// Rescan is how often to look for new namespaces, and for what the kernel
	// gives no notice of: changes of propagation and of options. 0 is
	// [DefaultRescan], or less often on a host so large that it would take
	// more than about a two-hundredth of a processor's time.
	Rescan time.Duration
	// PollOnly does without fanotify, as if the kernel had refused it.
	PollOnly bool
}
