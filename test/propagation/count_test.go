//go:build linux

package propagation_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/query"
)

// count is how much was compared.
type count struct {
	pairs, yes, no, unknown, arrivals, beneath, hidden, refused, files, jails, users int
	reasons                                                                          map[query.Reason]int
}

func (c *count) String() string {
	s := fmt.Sprintf("%d pairs (%d yes, %d no, %d said to be unknown, %d from where nothing can be mounted), %d arrivals (%d beneath, %d hidden); %d on files, %d to chroots, %d with user namespaces; reasons:",
		c.pairs, c.yes, c.no, c.unknown, c.refused, c.arrivals, c.beneath, c.hidden, c.files, c.jails, c.users)
	var names []string
	for r, n := range c.reasons {
		names = append(names, fmt.Sprintf(" %s %d", r, n))
	}
	slices.Sort(names)
	return s + strings.Join(names, ",")
}

func (c *count) add(w *topology, from, to spot, verdict query.Verdict, truth truth) {
	if c.reasons == nil {
		c.reasons = map[query.Reason]int{}
	}
	c.pairs++
	c.reasons[verdict.Reason]++
	for flag, n := range map[*int]bool{
		&c.unknown: verdict.Answer == query.Unknown, &c.yes: truth.there, &c.no: !truth.there, &c.refused: truth.refused != nil,
		&c.files: strings.HasSuffix(from.path, "/f"), &c.jails: strings.Contains(to.Name, "jail"),
		&c.users: from.space.kind == byUser || to.space.kind == byUser,
	} {
		if n {
			*flag++
		}
	}
	for _, a := range truth.arrivals {
		c.arrivals++
		if a.beneath != 0 {
			c.beneath++
		}
		if a.hidden {
			c.hidden++
		}
	}
}
