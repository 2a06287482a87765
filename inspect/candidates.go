package inspect

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// maxCandidates is how many namespaces an error lists.
const maxCandidates = 8

func candidates(w *world.World, t snapshot.Type) string {
	var list []string
	for _, n := range w.Namespaces {
		switch {
		case n.Type != t || n.Inferred:
			continue
		case n.UniqueID != 0:
			list = append(list, fmt.Sprintf("%d id:%d", n.ID.Ino, n.UniqueID))
		default:
			list = append(list, strconv.FormatUint(n.ID.Ino, 10))
		}
	}
	switch more := len(list) - maxCandidates; {
	case len(list) == 0:
		return "none"
	case more > 0:
		list = append(list[:maxCandidates], fmt.Sprintf("%d more", more))
	}
	return strings.Join(list, ", ")
}
