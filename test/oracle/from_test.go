//go:build linux

package oracle_test

import (
	"fmt"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// checkFrom holds a claim about the nearest group from which a mount receives in
// its namespace, where that is not its master (propagate_from), against what
// nsview derives of the predicted tables and what the kernel writes.
func (t *theatre) checkFrom(at int, r predict.Row, group predict.ID) error {
	p := query.Prediction{World: world.Build(&snapshot.Snapshot{}), State: t.state}
	m := p.After().View(uint64(r.NS), 0).ByID(snapshot.MountID(r.ID))
	if said := predict.ID(m.From); said != group {
		return fmt.Errorf("from %d, not %d", said, group)
	}
	if t.paper {
		return nil
	}
	list, err := tableOf(t.seats[at].pid, t.seats[at].tid, &t.buf)
	if err != nil {
		return err
	}
	for _, did := range list {
		switch {
		case did.ID != t.ids[r.ID]:
		case did.PropagateFrom != t.groups[group]:
			return fmt.Errorf("the kernel: from %d, not %d", did.PropagateFrom, t.groups[group])
		default:
			return nil
		}
	}
	return fmt.Errorf("mount %d is not there", t.ids[r.ID])
}
