package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// LinkColumns are the columns that tree --peers adds.
var LinkColumns = []string{"PEERS", "RECEIVES-FROM", "SENDS-TO"}

// linkColumn lists mounts of the whole host, so that every table must be read.
func linkColumn(name, help string, names func(*world.Mount) []string) Column[*world.Mount] {
	return Column[*world.Mount]{
		Name: name, Help: help, Shrink: 3, Want: wantLinks,
		Text: func(m *world.Mount) string { return strings.Join(names(m), " ") },
		JSON: func(m *world.Mount) any { return names(m) },
	}
}

// wantLinks asks for all tables, those of namespaces without a process too.
func wantLinks(w *snapshot.Want) {
	w.Types |= snapshot.Types(snapshot.Mnt)
	w.Holders = max(w.Holders, snapshot.Auto)
	w.Tables.All = true
}

func peerNames(m *world.Mount) []string {
	return mountNames(predict.Peers(m.View.Groups(), m))
}

// senderNames names a group without a member that was seen by its number.
func senderNames(m *world.Mount) []string {
	list, unseen := predict.Senders(m.View.Groups(), m)
	names := mountNames(list)
	for _, id := range unseen {
		names = append(names, fmt.Sprintf("(group %v, in no namespace that was read)", id))
	}
	return names
}

func receiverNames(m *world.Mount) []string {
	return mountNames(predict.Receivers(m.View.Groups(), m))
}

// mountNames are mounts as namespace:mount point, in the order of both.
func mountNames(list []*world.Mount) []string {
	slices.SortFunc(list, compareMounts)
	names := make([]string, len(list))
	for i, m := range list {
		names[i] = string(appendPlaceText(nil, m))
	}
	return names
}

func compareMounts(a, b *world.Mount) int {
	return cmp.Or(cmp.Compare(a.View.Table.NS.Ino, b.View.Table.NS.Ino), cmp.Compare(a.Point, b.Point), cmp.Compare(a.ID, b.ID))
}
