//go:build linux

package live_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// travels is a mount as mountinfo tells of its part in propagation.
type travels struct {
	ns, id, group, master uint64
}

// travelsOf reads what a process's mountinfo says, which is what the kernel
// says.
func travelsOf(t *testing.T, a *actor) []travels {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", a.pid))
	try(t, err)
	var list []travels
	for line := range strings.Lines(string(text)) {
		fields, _, _ := strings.Cut(line, " - ")
		f := strings.Fields(fields)
		m := travels{ns: a.ns(t, "mnt"), id: toNumber(t, f[0])}
		for _, tag := range f[6:] {
			if group, ok := strings.CutPrefix(tag, "shared:"); ok {
				m.group = toNumber(t, group)
			} else if master, ok := strings.CutPrefix(tag, "master:"); ok {
				m.master = toNumber(t, master)
			}
		}
		list = append(list, m)
	}
	return list
}

func toNumber(t *testing.T, s string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(s, 10, 64)
	try(t, err)
	return n
}

// holdsGroups says what groups lacks of what mountinfo has.
func holdsGroups(t *testing.T, groups map[uint64]row, want []travels) {
	t.Helper()
	has := func(group uint64, key string, m travels) bool {
		for _, r := range groups[group].rows(key) {
			if r.num("ns") == m.ns && r.num("mount_id") == m.id {
				return true
			}
		}
		return false
	}
	for _, m := range want {
		if m.group != 0 && !has(m.group, "members", m) {
			t.Errorf("mount %d of mnt:[%d] is no member of group %d", m.id, m.ns, m.group)
		}
		if m.master != 0 && !has(m.master, "slaves", m) {
			t.Errorf("mount %d of mnt:[%d] is no slave of group %d", m.id, m.ns, m.master)
		}
	}
}

func groupsOf(t *testing.T, args ...string) map[uint64]row {
	t.Helper()
	groups := map[uint64]row{}
	for _, r := range answer(t, append([]string{"groups", "-J"}, args...)...).rows("groups") {
		groups[r.num("group")] = r
	}
	return groups
}

// Every mount that mountinfo calls shared or a slave is in its group, in every
// namespace, with a process in it or without.
func TestGroupsAreTheKernels(t *testing.T) {
	onStage(t)
	dir := t.TempDir() + "/chain"
	a := shell(t, unix.CLONE_NEWNS, chained, dir)
	b := start(t, nsenter(a, "unshare", "-m", "--propagation", "slave", "sh", "-c", "echo ready; read -r line"), 0)
	want := append(travelsOf(t, a), travelsOf(t, b)...)
	holdsGroups(t, groupsOf(t), want)

	bindNS(t, b, "mnt")
	b.dismiss()
	holdsGroups(t, groupsOf(t), want)

	for id, g := range groupsOf(t, "-N", a.arg()) {
		touches := false
		for _, m := range append(g.rows("members"), g.rows("slaves")...) {
			touches = touches || m.num("ns") == a.ns(t, "mnt")
		}
		if !touches {
			t.Errorf("groups -N %s has group %d, which has no mount there", a.arg(), id)
		}
	}
}

// A tree of groups has below each those whose master it is, as deep as they go.
func TestGroupsBelowTheirMasters(t *testing.T) {
	onStage(t)
	a := shell(t, unix.CLONE_NEWNS, chained, t.TempDir()+"/chain")
	deepest := 0
	var check func(rows []row, master uint64, depth int)
	check = func(rows []row, master uint64, depth int) {
		deepest = max(deepest, depth)
		for _, r := range rows {
			if r.num("master") != master && depth > 1 {
				t.Errorf("group %d stands below %d, its master is %d", r.num("group"), master, r.num("master"))
			}
			check(r.rows("children"), r.num("group"), depth+1)
		}
	}
	check(answer(t, "groups", "--tree", "-J", "-N", a.arg()).rows("groups"), 0, 1)
	if deepest < 4 { // the chain has three groups, and below the last there is nothing
		t.Errorf("the tree is %d levels deep, not 4", deepest)
	}
}

func TestUnknownGroup(t *testing.T) {
	onStage(t)
	r := nsview(t, "groups", "2000000000")
	if r.code != 2 || strings.Count(r.err, "\n") != 1 || !strings.Contains(r.err, "find peer group 2000000000") {
		t.Errorf("status %d, %q", r.code, r.err)
	}
}
