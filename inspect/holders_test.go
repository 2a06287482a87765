package inspect

import (
	"context"
	"errors"
	"testing"

	"github.com/nsview/nsview/inspect/snapshot"
)

// cutShortBusy is interrupted while it looks.
type cutShortBusy struct{ stop context.CancelFunc }

func (b cutShortBusy) Busy(context.Context, *snapshot.Snapshot, snapshot.BusyWant) *snapshot.Busy {
	b.stop()
	return &snapshot.Busy{}
}

// Who is interrupted has not found that nothing is there.
func TestBusyCutShort(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	h := &Host{src: snapshot.Sources{Busy: cutShortBusy{cancel}}}
	if err := h.Busy(ctx, &snapshot.Snapshot{}, snapshot.BusyWant{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a look that was cut short ends with %v", err)
	}
}
