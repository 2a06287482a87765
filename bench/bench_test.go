//go:build linux

package main

import (
	"strings"
	"testing"
	"time"
)

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   spread
	}{
		{[]float64{3}, spread{3, 3, 3}},
		{[]float64{5, 1, 3}, spread{3, 1, 5}},
		{[]float64{4, 1, 2, 9}, spread{3, 1, 9}},
	} {
		if got := spreadOf(c.values); got != c.want {
			t.Errorf("spreadOf(%v) = %v, want %v", c.values, got, c.want)
		}
	}
}

func TestFraction(t *testing.T) {
	for value, want := range map[float64]string{0.125: "1/8", 1. / 300: "1/300", 0.9: "0.90", 2.3: "2.30"} {
		if got := fraction(value); got != want {
			t.Errorf("fraction(%v) = %s, want %s", value, got, want)
		}
	}
}

// The ratio is that of pairs: one disturbed pair does not move it.
func TestRowOfPairs(t *testing.T) {
	p := func(peer, ours int) pair {
		return pair{sample{CPU: time.Duration(peer)}, sample{CPU: time.Duration(ours)}}
	}
	r := result{Question: question{Target: 1. / 8}, Pairs: []pair{p(100, 10), p(900, 90), p(100, 50)}}
	got := cpuRow(row{}, r)
	if got.verdict != within || !strings.HasPrefix(got.ratio, "1/10 ") || got.target != "<= 1/8" {
		t.Errorf("row of pairs: %+v", got)
	}
	r.Question.Target = 1. / 20
	if got := cpuRow(row{}, r); got.verdict != over || !anyBad([]row{got}) {
		t.Errorf("row over its target: %+v", got)
	}
}

func TestShortAnswerFails(t *testing.T) {
	j := job{Nsview: "true"}
	r := j.answer(question{Name: "list", Peer: []string{"echo", "one"}, Pairs: 1})
	if !strings.Contains(r.Failed, "0 lines") {
		t.Errorf("an answer without lines: %q, want a failure that says so", r.Failed)
	}
	if r := j.answer(question{Peer: []string{"no-such-peer"}}); !strings.Contains(r.Skipped, "no-such-peer") {
		t.Errorf("a peer that is not there: %q, want a skip that names it", r.Skipped)
	}
}

func TestEveryHostIsKnown(t *testing.T) {
	if _, err := choose("S,M,L,F10k,F50k,scale"); err != nil {
		t.Error(err)
	}
	if _, err := choose("S,XL"); err == nil || !strings.Contains(err.Error(), "XL") {
		t.Errorf("an unknown host: %v, want an error that names it", err)
	}
}
