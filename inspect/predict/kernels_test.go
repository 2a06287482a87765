package predict_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/world"
)

// TestRulesOf: distributions write releases in their own ways.
func TestRulesOf(t *testing.T) {
	for release, like := range map[string]string{
		"6.1.0-50-cloud-amd64":               "6.1",
		"5.14.0-427.el9.x86_64":              "5.14",
		"6.12.41+deb13-amd64":                "6.12",
		"6.18-rc3":                           "6.18",
		"6.17":                               "6.17",
		"7.1.13-arch1-1":                     "7.1",
		"5.15.167.4-microsoft-standard-WSL2": "5.15",
		"10.0.0":                             "7.3",
		"":                                   "6.18",
		"unknown":                            "6.18",
		"6":                                  "6.18",
		"x.y.z":                              "6.18",
	} {
		if !reflect.DeepEqual(predict.RulesOf(release), predict.RulesOf(like)) {
			t.Errorf("%q: %+v, not the rules of Linux %s", release, predict.RulesOf(release), like)
		}
	}
	if zero := (predict.Rules{}); !reflect.DeepEqual(predict.RulesOf("6.18"), zero) {
		t.Errorf("Linux 6.18: %+v", predict.RulesOf("6.18"))
	}
	for _, c := range []struct {
		before, from string
		changed      func(predict.Rules) bool
	}{
		{"5.10", "5.11", func(r predict.Rules) bool { return !r.CoveringLocked }},
		{"6.0", "6.1", func(r predict.Rules) bool { return !r.CoveringUnsure }},
		{"5.11", "5.12", func(r predict.Rules) bool { return !r.NoSetattr }},
		{"5.14", "5.15", func(r predict.Rules) bool { return !r.NoSetGroup }},
		{"6.2", "6.3", func(r predict.Rules) bool { return !slices.Contains(r.NoIDMaps, "tmpfs") }},
		{"6.4", "6.5", func(r predict.Rules) bool { return !r.NoBeneath }},
		{"6.11", "6.12", func(r predict.Rules) bool { return !r.PlaceInvalid }},
		{"6.16", "6.17", func(r predict.Rules) bool {
			return !r.UmountsAsMet && !r.ShadowMounts && !r.BeneathTop && r.BindElsewhereIgnored
		}},
		{"6.17", "6.18", func(r predict.Rules) bool { return !r.PlaceFirst && !r.BindElsewhereIgnored }},
		{"7.0", "7.1", func(r predict.Rules) bool { return r.BeneathRootAndLocked }},
		{"7.1", "7.2", func(r predict.Rules) bool {
			return r.UnbindableSurvivesClone && r.BusyVictims && r.UnbindableJoinsNot && r.CoveredKeepsLock
		}},
	} {
		if c.changed(predict.RulesOf(c.before)) || !c.changed(predict.RulesOf(c.from)) {
			t.Errorf("between %s and %s: %+v, %+v", c.before, c.from, predict.RulesOf(c.before), predict.RulesOf(c.from))
		}
	}
}

// deep are peers of which one shows a part only, and slaves below it: /s/1 has
// the group of that part for master, /s/2 that of the whole.
const deep = `20 1 8:1 / / rw - ext4 /dev/sda1 rw
21 20 0:50 / /o rw shared:1 - tmpfs t rw
22 20 0:50 / /g rw shared:2 master:1 - tmpfs t rw
23 20 0:50 /x /p rw shared:3 master:2 - tmpfs t rw
24 20 0:50 / /s1 rw master:3 - tmpfs t rw
25 20 0:50 / /s2 rw shared:4 master:2 - tmpfs t rw
`

// TestMastersByOrder: where a group passes a mount on that it does not show
// itself, the masters of the copies are not certain; else they are.
func TestMastersByOrder(t *testing.T) {
	for _, c := range []struct {
		table string
		doubt bool
	}{
		{deep, true},
		{strings.Replace(deep, " /x /p", " / /p", 1), false},
		{strings.Replace(deep, "24 20 0:50 / /s1", "24 20 0:50 /y /s1", 1), false},
	} {
		s := predict.New(world.Build(host(t, c.table)), predict.Rules{})
		r := s.Apply(predict.Op{Kind: predict.OpMount, By: enter(t, s, 1), FSType: "tmpfs", Source: "t", Dst: "/o/z"})
		if r.Refusal != nil || slices.Contains(r.Doubts, predict.MastersByOrder) != c.doubt {
			t.Errorf("%s: %s, doubts %q", c.table, said(r), r.Doubts)
		}
	}
}

// TestShadowsAreGaps: of two mounts at one place nobody can tell which is found.
func TestShadowsAreGaps(t *testing.T) {
	table := one + "70 20 0:70 / /twice rw - tmpfs t rw\n71 20 0:71 / /twice rw - tmpfs t rw\n"
	for release, gaps := range map[string]int{"6.16": 1, "6.17": 0} {
		if s := predict.New(world.Build(host(t, table)), predict.RulesOf(release)); len(s.Gaps()) != gaps {
			t.Errorf("Linux %s: %q", release, s.Gaps())
		}
	}
}
