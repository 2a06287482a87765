package tui

import (
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/world"
)

// operationsAt are operations that one may want to try on a mount, or with nil
// on a namespace; the likeliest is the first.
func operationsAt(x *world.Mount) []string {
	if x == nil || x.Unreachable || x.Point == "/" || x.Point == "" {
		return []string{"unshare", "make-rprivate /", "make-rslave /", "make-rshared /", "mount tmpfs /mnt", "unshare; make-rprivate /", "remount ro /"}
	}
	at := func(words ...string) string { return predict.Line(append(words, x.Point)) }
	return []string{
		at("umount"), at("umount", "-l"), at("umount", "-R"), at("mount", "tmpfs"), predict.Line([]string{"bind", x.Point, "/mnt"}),
		predict.Line([]string{"rbind", x.Point, "/mnt"}), predict.Line([]string{"move", x.Point, "/mnt"}),
		at("make-private"), at("make-slave"), at("make-shared"), at("make-unbindable"), at("remount", "ro"),
	}
}

// completions are the texts that operations can go on as: with the name of an
// operation, or a mount point of a view, which may be nil.
func completions(text string, v *world.View) []string {
	start := strings.LastIndexAny(text, " ;") + 1
	before, word := text[:start], text[start:]
	var words []string
	switch operation := strings.TrimSpace(before[strings.LastIndexByte(before, ';')+1:]); {
	case operation == "" || strings.HasPrefix(operation, "@") && !strings.Contains(operation, " "):
		for _, name := range predict.Names() {
			words = append(words, name+" ")
		}
	case v != nil:
		for _, x := range v.Mounts {
			if !x.Unreachable {
				words = append(words, predict.Line([]string{x.Point}))
			}
		}
		slices.Sort(words)
		words = slices.Compact(words)
	}
	var list []string
	for _, w := range words {
		if strings.HasPrefix(w, word) && w != word {
			list = append(list, before+w)
		}
	}
	return list
}
