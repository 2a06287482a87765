package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Column is one column of a table whose rows are of type R.
type Column[R any] struct {
	Name  string
	Help  string
	Right bool // numbers stand at the right
	// Shrink is how early the column is cut to fit a terminal: the highest
	// first, 0 never.
	Shrink int
	// Text is the cell, as it came from the host.
	Text func(R) string
	// JSON is the value, when it is not the text or, for an empty text, null.
	JSON func(R) any
	// Want adds what must be read for the column.
	Want func(*snapshot.Want)
}

// key is the column's name in JSON.
func (c Column[R]) key() string { return strings.ToLower(c.Name) }

func (c Column[R]) value(r R) any {
	if c.JSON != nil {
		return c.JSON(r)
	}
	if s := c.Text(r); s != "" {
		return s
	}
	return nil
}

// Columns is all columns of a table, of which some are shown by default.
type Columns[R any] struct {
	All      []Column[R]
	Defaults []string
}

// Choose picks columns by a list as -o takes it: names in any case separated
// by commas; a list that starts with + adds to the defaults. Empty is the
// defaults.
func (c Columns[R]) Choose(list string) ([]Column[R], error) {
	names := c.Defaults
	if more, add := strings.CutPrefix(list, "+"); add {
		names = append(slices.Clone(names), strings.Split(more, ",")...)
	} else if list != "" {
		names = strings.Split(list, ",")
	}
	chosen := make([]Column[R], 0, len(names))
	for _, name := range names {
		col, err := c.named(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, col)
	}
	return chosen, nil
}

func (c Columns[R]) named(name string) (Column[R], error) {
	for _, col := range c.All {
		if strings.EqualFold(col.Name, name) {
			return col, nil
		}
	}
	return Column[R]{}, fmt.Errorf("unknown column %q (columns: %s)", name, strings.Join(c.Names(), " "))
}

// Names lists the names of all columns.
func (c Columns[R]) Names() []string {
	names := make([]string, len(c.All))
	for i, col := range c.All {
		names[i] = col.Name
	}
	return names
}

// Help lists the columns with what each shows, a line each.
func (c Columns[R]) Help() string {
	var b strings.Builder
	for _, col := range c.All {
		fmt.Fprintf(&b, "%-14s %s\n", col.Name, col.Help)
	}
	return b.String()
}

// Wants adds up what the columns need read.
func Wants[R any](cols []Column[R], want *snapshot.Want) {
	for _, c := range cols {
		if c.Want != nil {
			c.Want(want)
		}
	}
}
