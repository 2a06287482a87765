//go:build linux

package oracle_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/predict"
)

// count is how much was compared.
type count struct {
	walks, operations, namespaces, lodgers, differences int

	deepest int // user namespaces below each other
	joined  int // who entered a namespace that others are in
	locked  int // mounts that came locked from a more privileged namespace
	mapped  int // mounts that came with a map of ids
	open    int // walks that ended where the kernel did what the prediction left open

	last []note // the last walk that found a difference

	kinds   map[string]int // operations that succeed, by kind
	reasons map[string]int // refusals
	effects map[string]int // by kind and rule
}

func newCount() *count {
	return &count{kinds: map[string]int{}, reasons: map[string]int{}, effects: map[string]int{}}
}

func (c *count) add(said predict.Result) {
	if said.Refusal != nil {
		c.reasons[string(said.Refusal.Errno)+" "+string(said.Refusal.Reason)]++
		return
	}
	kind := string(said.Op.Kind)
	if said.Op.Kind == predict.OpUmount && said.Op.Recursive {
		kind += " -R"
	}
	if byLink(said.Op) {
		kind += " by a link"
	}
	c.kinds[kind]++
	for _, e := range said.Effects {
		c.effects[string(e.Kind)+" "+string(e.Rule)]++
		if e.Kind == predict.Attach && e.Via != predict.Self && e.Mount.Locked {
			c.locked++
		}
		if e.Kind == predict.Attach && e.Mount.Flags&predict.IDMapped != 0 {
			c.mapped++
		}
	}
}

func (c *count) String() string {
	return fmt.Sprintf("%d operations in %d walks, %d namespaces (%d user namespaces, down to %d below each other; %d joined; %d mounts came locked, %d idmapped): %d differences, %d left open\n  done:%s\n  refused:%s\n  effects:%s",
		c.operations, c.walks, c.namespaces, c.lodgers, c.deepest, c.joined, c.locked, c.mapped, c.differences, c.open, sorted(c.kinds), sorted(c.reasons), sorted(c.effects))
}

func sorted(m map[string]int) string {
	var list []string
	for k, n := range m {
		list = append(list, fmt.Sprintf(" %s %d", k, n))
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}
