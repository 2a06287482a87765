package main

import (
	"fmt"
	"strings"
)

// row is one line of the table.
type row struct {
	host, question, peer string
	theirs, ours, ratio  string
	target               string
	verdict              string
	peaks                string // of the peer and of nsview, MiB
	lines                string
}

// What a row comes to.
const (
	within  = "ok"
	over    = "OVER"
	failed  = "FAILED"
	skipped = "skipped"
	noGoal  = "-"
)

func anyBad(rows []row) bool {
	for _, r := range rows {
		if strings.HasPrefix(r.verdict, over) || strings.HasPrefix(r.verdict, failed) {
			return true
		}
	}
	return false
}

// compare asks the questions of one host and makes them rows.
func (l *lab) compare(h host) []row {
	var rows []row
	for _, r := range l.ask(h.name, h.args, h.questions) {
		q := r.Question
		base := row{host: h.name, question: q.Name, peer: strings.Join(q.Peer, " ")}
		if r.Skipped != "" || r.Failed != "" {
			base.verdict = without(r)
			rows = append(rows, base)
			continue
		}
		rows = append(rows, cpuRow(base, r))
		if q.Wall {
			rows = append(rows, wallRow(base, r))
		}
		if q.Memory > 0 {
			rows = append(rows, memoryRow(base, r))
		}
		if q.MemoryTarget > 0 {
			rows = append(rows, memoryRatioRow(base, r))
		}
	}
	return rows
}

func without(r result) string {
	if r.Failed != "" {
		return failed + ": " + r.Failed
	}
	return skipped + ": " + r.Skipped
}

func cpuRow(base row, r result) row {
	base.theirs = times(of(r.Pairs, func(p pair) float64 { return milliseconds(p.Peer.CPU) }))
	base.ours = times(of(r.Pairs, func(p pair) float64 { return milliseconds(p.Ours.CPU) }))
	rate := of(r.Pairs, func(p pair) float64 { return ratio(p.Ours.CPU, p.Peer.CPU) })
	base.ratio, base.target = rateText(rate), noGoal
	base.verdict = noGoal
	if r.Question.Target > 0 {
		base.target, base.verdict = "<= "+fraction(r.Question.Target), verdict(rate.Median, r.Question.Target)
	}
	base.peaks = fmt.Sprintf("%.1f / %.1f", peerPeak(r), ourPeak(r))
	if r.PeerLines > 0 {
		base.lines = fmt.Sprintf("%d / %d", r.PeerLines, r.OurLines)
	}
	return base
}

func wallRow(base row, r result) row {
	base.question += " (elapsed)"
	base.theirs = times(of(r.Pairs, func(p pair) float64 { return milliseconds(p.Peer.Wall) }))
	base.ours = times(of(r.Pairs, func(p pair) float64 { return milliseconds(p.Ours.Wall) }))
	rate := of(r.Pairs, func(p pair) float64 { return ratio(p.Ours.Wall, p.Peer.Wall) })
	base.ratio, base.target, base.verdict = rateText(rate), noGoal, noGoal
	if t := r.Question.WallTarget; t > 0 {
		base.target, base.verdict = "<= "+fraction(t), verdict(rate.Median, t)
	}
	return base
}

// memoryRatioRow compares the medians of the peaks.
func memoryRatioRow(base row, r result) row {
	theirs := of(r.Pairs, func(p pair) float64 { return p.Peer.Peak })
	ours := of(r.Pairs, func(p pair) float64 { return p.Ours.Peak })
	base.question += " (peak memory)"
	base.theirs, base.ours = fmt.Sprintf("%.1f MiB", theirs.Median), fmt.Sprintf("%.1f MiB", ours.Median)
	base.ratio = fmt.Sprintf("%.2f", ours.Median/theirs.Median)
	base.target = "<= " + fraction(r.Question.MemoryTarget)
	base.verdict = verdict(ours.Median/theirs.Median, r.Question.MemoryTarget)
	return base
}

func memoryRow(base row, r result) row {
	base.question += " (peak memory)"
	base.theirs = fmt.Sprintf("%.1f MiB", peerPeak(r))
	base.ours = fmt.Sprintf("%.1f MiB", ourPeak(r))
	base.target = fmt.Sprintf("<= %.0f MiB", r.Question.Memory)
	base.verdict = verdict(ourPeak(r), r.Question.Memory)
	return base
}

func peerPeak(r result) float64 {
	return of(r.Pairs, func(p pair) float64 { return p.Peer.Peak }).Max
}

func ourPeak(r result) float64 {
	return of(r.Pairs, func(p pair) float64 { return p.Ours.Peak }).Max
}

func verdict(value, target float64) string {
	if value <= target {
		return within
	}
	return over
}

// scale compares nsview with itself on hosts that differ in one thing.
func (l *lab) scale() []row {
	var rows []row
	for _, g := range growths {
		q := question{Name: strings.Join(g.ours, " "), Ours: g.ours, Pairs: usualPairs}
		var before result
		for i, size := range g.sizes {
			name := fmt.Sprintf("%d %s", size, g.what)
			now := l.ask(name, g.args(size), []question{q})[0]
			if i > 0 {
				than := fmt.Sprintf("%d %s", g.sizes[i-1], g.what)
				rows = append(rows, growthRow(name, than, g.most, before, now))
				if g.peak {
					rows = append(rows, peakGrowthRow(name, than, g.most, before, now))
				}
			}
			before = now
		}
	}
	return rows
}

// growthRow takes the least of each side: the two were not measured in turn, so
// a ratio of pairs would mean nothing, and a disturbance only ever adds.
func growthRow(name, than string, most float64, before, now result) row {
	r, ok := growthBase(name, than, most, before, now)
	if !ok {
		return r
	}
	ours := func(p pair) float64 { return milliseconds(p.Ours.CPU) }
	small, large := of(before.Pairs, ours), of(now.Pairs, ours)
	r.theirs, r.ours = times(small), times(large)
	r.ratio = fmt.Sprintf("%.2f", large.Min/small.Min)
	r.peaks = fmt.Sprintf("%.1f / %.1f", ourPeak(before), ourPeak(now))
	r.verdict = verdict(large.Min/small.Min, most)
	return r
}

// growthBase is what rows of two hosts have in common; not ok where one failed.
func growthBase(name, than string, most float64, before, now result) (r row, ok bool) {
	r = row{host: scaleName, question: now.Question.Name + ", " + name, peer: than, target: fmt.Sprintf("<= %.1f", most)}
	for _, side := range []result{before, now} {
		if side.Failed != "" {
			r.verdict = without(side)
			return r, false
		}
	}
	return r, true
}

// peakGrowthRow is growthRow of memory.
func peakGrowthRow(name, than string, most float64, before, now result) row {
	r, ok := growthBase(name, than, most, before, now)
	r.question += " (peak memory)"
	if !ok {
		return r
	}
	small, large := ourPeak(before), ourPeak(now)
	r.theirs, r.ours = fmt.Sprintf("%.1f MiB", small), fmt.Sprintf("%.1f MiB", large)
	r.ratio, r.verdict = fmt.Sprintf("%.2f", large/small), verdict(large/small, most)
	return r
}
