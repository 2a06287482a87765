//go:build !linux

package proc

import "github.com/nsview/nsview/inspect/snapshot"

func parseGuarded(g guarded) ([]snapshot.Mount, error) { return parsePortable(g) }
