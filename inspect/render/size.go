package render

import (
	"fmt"
	"strconv"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

func sizeColumn(name, help string, value func(*snapshot.Usage) uint64) Column[*world.Mount] {
	return Column[*world.Mount]{
		Name: name, Help: help, Right: true, Want: wantUsage,
		Text: func(m *world.Mount) string {
			if m.Usage == nil {
				return ""
			}
			return size(value(m.Usage))
		},
	}
}

// usePercent is rounded to whole percents; a file system without blocks has "-".
func usePercent(m *world.Mount) string {
	if m.Usage == nil {
		return ""
	}
	if m.Usage.Size == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f%%", float64(m.Usage.Used)/float64(m.Usage.Size)*100)
}

// size is a number of bytes in the largest unit that leaves at least 1, with at
// most one decimal: 251.8G, 64K, 0.
func size(bytes uint64) string {
	const units = "BKMGTPE"
	unit, scale := 0, uint64(1)
	for unit+1 < len(units) && bytes/1024 >= scale {
		unit, scale = unit+1, scale*1024
	}
	if unit == 0 {
		if bytes == 0 {
			return "0"
		}
		return strconv.FormatUint(bytes, 10) + "B"
	}
	tenths := (bytes%scale*1000/scale + 50) / 100 // bytes%scale*1000 fits below 2^60
	if unit == 6 {
		tenths = (bytes%scale/1024*1000/(scale/1024) + 50) / 100
	}
	whole := bytes/scale + tenths/10
	if tenths %= 10; tenths == 0 {
		return fmt.Sprintf("%d%c", whole, units[unit])
	}
	return fmt.Sprintf("%d.%d%c", whole, tenths, units[unit])
}
