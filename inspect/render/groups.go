package render

import (
	"io"
	"strconv"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/world"
)

// GroupColumns are the columns of groups.
var GroupColumns = Columns[query.GroupRow]{
	Defaults: []string{"GROUP", "MASTER", "NMOUNTS", "NNS", "FSTYPE", "SOURCE", "MEMBERS"},
	All: []Column[query.GroupRow]{
		{Name: "GROUP", Help: "number of the peer group", Right: true, Text: func(r query.GroupRow) string { return numberText(uint64(r.ID)) }, JSON: func(r query.GroupRow) any { return numberJSON(uint64(r.ID)) }},
		{Name: "MASTER", Help: "group it receives from", Right: true, Text: func(r query.GroupRow) string { return numberText(uint64(r.Master)) }, JSON: func(r query.GroupRow) any { return numberJSON(uint64(r.Master)) }},
		{Name: "NMOUNTS", Help: "mounts in it", Right: true, Text: func(r query.GroupRow) string { return strconv.Itoa(len(r.Members)) }, JSON: func(r query.GroupRow) any { return len(r.Members) }},
		{Name: "NSLAVES", Help: "mounts that receive from it", Right: true, Text: func(r query.GroupRow) string { return strconv.Itoa(len(r.Slaves)) }, JSON: func(r query.GroupRow) any { return len(r.Slaves) }},
		{Name: "NNS", Help: "mount namespaces with a member", Right: true, Text: func(r query.GroupRow) string { return strconv.Itoa(r.Namespaces()) }, JSON: func(r query.GroupRow) any { return r.Namespaces() }},
		{Name: "FSTYPE", Help: "file system type", Text: func(r query.GroupRow) string { return r.Example().FSType }},
		{Name: "SOURCE", Help: "source of the file system", Shrink: 2, Text: func(r query.GroupRow) string { return r.Example().Source }},
		{Name: "DEV", Help: "device number of the file system", Text: func(r query.GroupRow) string { return r.Example().Dev.String() }},
		{Name: "MEMBERS", Help: "its mounts, as namespace:mount point", Shrink: 3, Text: membersText},
	},
}

// membersText lists the members. A group that is only known as a master says
// so: its members are where nsview cannot look, or nowhere any more.
func membersText(r query.GroupRow) string {
	if r.Unseen() {
		return "(in no namespace that was read)"
	}
	var b []byte
	for i, m := range r.Members {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendPlaceText(b, m)
	}
	return string(b)
}

// appendPlaceText adds a mount as namespace:mount point.
func appendPlaceText(b []byte, m *world.Mount) []byte {
	return append(append(strconv.AppendUint(b, m.View.Table.NS.Ino, 10), ':'), m.Point...)
}

// Groups prints peer groups as a table.
func Groups(w io.Writer, a query.Groups, cols []Column[query.GroupRow], style Style) error {
	g := newGrid(cols, style)
	addTree(g, a.Rows, func(r query.GroupRow) []query.GroupRow { return r.Under }, func(r query.GroupRow) line {
		return line{cells: cellsOf(cols, r, style.clean()), dim: r.Unseen()}
	}, style, branch{})
	return g.write(w, style)
}

// GroupsJSON prints peer groups with all their members and slaves.
func GroupsJSON(w io.Writer, a query.Groups) error {
	j := newJSON(w)
	return j.document(func() {
		j.field("groups", true)
		groupObjects(j, a.Rows)
		j.gaps(a.Gaps)
	})
}

func groupObjects(j *jsonWriter, rows []query.GroupRow) {
	j.array(len(rows), func(i int) {
		r := rows[i]
		j.groupHead(r)
		j.field("members", false)
		places(j, r.Members, false)
		j.field("slaves", false)
		places(j, r.Slaves, true)
		if len(r.Under) > 0 {
			j.field("children", false)
			groupObjects(j, r.Under)
		}
	})
}

// groupHead writes what a group is, in one write as there are many.
func (j *jsonWriter) groupHead(r query.GroupRow) {
	example, b := r.Example(), j.out.AvailableBuffer()
	b = strconv.AppendUint(j.appendField(b, `"group": `), uint64(r.ID), 10)
	b = appendNumber(j.appendField(append(b, ','), `"master": `), uint64(r.Master))
	b = appendJSON(j.appendField(append(b, ','), `"dev": `), example.Dev.String())
	b = appendJSON(j.appendField(append(b, ','), `"fstype": `), example.FSType)
	b = appendJSON(j.appendField(append(b, ','), `"source": `), example.Source)
	_, _ = j.out.Write(b)
}

// appendNumber adds a number, null for 0.
func appendNumber(b []byte, n uint64) []byte {
	if n == 0 {
		return append(b, "null"...)
	}
	return strconv.AppendUint(b, n, 10)
}

// places writes mounts, of slaves also the group they are in themselves. A host
// has many: each is one line and one write.
func places(j *jsonWriter, list []*world.Mount, slaves bool) {
	if len(list) == 0 {
		j.raw("[]")
		return
	}
	j.open("[")
	for i, m := range list {
		if i > 0 {
			j.raw(",")
		}
		_, _ = j.out.Write(appendPlace(j.appendField(j.out.AvailableBuffer(), ""), m, slaves))
	}
	j.close("]")
}

func appendPlace(b []byte, m *world.Mount, slave bool) []byte {
	b = strconv.AppendUint(append(b, `{"ns": `...), m.View.Table.NS.Ino, 10)
	b = appendJSON(append(b, `, "target": `...), m.Point)
	b = appendJSON(append(b, `, "root": `...), m.Root)
	b = strconv.AppendUint(append(b, `, "mount_id": `...), uint64(m.ID), 10)
	if slave {
		b = appendNumber(append(b, `, "group": `...), uint64(m.PeerGroup))
	}
	return append(b, '}')
}
