package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// watchName stands for the questions about nsview watch.
const watchName = "watch"

// Parts that the bench plays in a host, and in processes of their own there.
const (
	watchRole   = "watch"
	mounterRole = "mounter"
)

// watchJob is one question about nsview watch, asked in a host.
type watchJob struct {
	What   string // latency, flood or idle
	Nsview string
	Shared bool // latency: the mount reaches others
}

// watchResult is its answer.
type watchResult struct {
	Ours, Peer []time.Duration // latency: each from mount(2) to the line
	Events     int             // flood: mounts and umounts told of
	Unseen     int             // flood: of mounts gone before they could be looked at
	Lost       bool
	CPU        time.Duration // idle: in Wall
	Wall       time.Duration
	Peak       float64 // MiB
	Skipped    string
}

// What is promised.
const (
	floodMounters  = 4
	floodPairs     = 2500 // of mounts and umounts, each
	floodPeak      = 200  // MiB
	idleFor        = 60 * time.Second
	idleShare      = 0.01 // of a core
	latencyTarget  = 1.0  // times findmnt's
	latencyRounds  = 6
	latencyRepeats = 100
)

// watchRows asks everything about watch. The hosts are looked at from outside
// their pid namespace, as a host is.
func (l *lab) watchRows() []row {
	host := func(namespaces, mounts int, more ...string) []string {
		return append(append(sized(namespaces, namespaces, mounts), "--outer-pid"), more...)
	}
	return []row{
		l.latencyRow("line of a mount, 200 namespaces", host(200, 50), watchJob{What: "latency"}),
		l.latencyRow("line of a mount that 200 receive", host(200, 50, "--pattern", "h"), watchJob{What: "latency", Shared: true}),
		l.floodRow(host(50, 50, "--pattern", "h")),
		l.idleRow(host(1000, 34)),
	}
}

func (l *lab) watch(name string, args []string, j watchJob) (watchResult, error) {
	progress("%s: %s: build the host", watchName, name)
	j.Nsview = l.nsview
	text, err := json.Marshal(j)
	if err != nil {
		return watchResult{}, err
	}
	cmd := exec.Command(l.hostgen, append(args, "--", l.self, watchRole, string(text))...)
	cmd.Stderr = progressWriter{}
	out, err := cmd.Output()
	if err != nil {
		return watchResult{}, fmt.Errorf("measure in a host: %w", err)
	}
	var r watchResult
	if err := json.Unmarshal(out, &r); err != nil {
		return r, fmt.Errorf("read the result: %w", err)
	}
	return r, nil
}

type progressWriter struct{}

func (progressWriter) Write(b []byte) (int, error) {
	progress("%s", strings.TrimSpace(string(b)))
	return len(b), nil
}

func (l *lab) latencyRow(name string, args []string, j watchJob) row {
	base := row{host: watchName, question: name + ", p99 (p50)", peer: "findmnt --poll", target: fmt.Sprintf("<= %.1f", latencyTarget)}
	r, err := l.watch(name, args, j)
	if bad := verdictOf(r, err); bad != "" {
		base.verdict = bad
		return base
	}
	show := func(list []time.Duration) string {
		return fmt.Sprintf("%.2f (%.2f)", milliseconds(percentile(list, 99)), milliseconds(percentile(list, 50)))
	}
	base.theirs, base.ours = show(r.Peer), show(r.Ours)
	rate := ratio(percentile(r.Ours, 99), percentile(r.Peer, 99))
	base.ratio, base.verdict = fraction(rate), verdict(rate, latencyTarget)
	if j.Shared { // findmnt tells of one of the places, nsview of all
		base.target, base.verdict = noGoal, noGoal
	}
	base.lines = fmt.Sprintf("%d / %d", len(r.Peer), len(r.Ours))
	return base
}

func (l *lab) floodRow(args []string) row {
	const all = 2 * floodMounters * floodPairs
	base := row{host: watchName, question: fmt.Sprintf("%d mounts and umounts by %d over 50 peers", all, floodMounters), target: fmt.Sprintf("<= %d MiB", floodPeak)}
	r, err := l.watch("flood", args, watchJob{What: "flood"})
	if bad := verdictOf(r, err); bad != "" {
		base.verdict = bad
		return base
	}
	base.ours = fmt.Sprintf("%d events, %d too late to look", r.Events, r.Unseen)
	base.peaks = fmt.Sprintf("- / %.1f", r.Peak)
	base.verdict = verdict(r.Peak, floodPeak)
	if r.Events < all && !r.Lost {
		base.verdict = fmt.Sprintf("%s: %d events were lost and nothing said so", over, all-r.Events)
	}
	return base
}

func (l *lab) idleRow(args []string) row {
	base := row{host: watchName, question: fmt.Sprintf("idle for %v, 1000 namespaces", idleFor), target: fmt.Sprintf("<= %.0f%% of a core", 100*idleShare)}
	r, err := l.watch("idle", args, watchJob{What: "idle"})
	if bad := verdictOf(r, err); bad != "" {
		base.verdict = bad
		return base
	}
	share := float64(r.CPU) / float64(r.Wall)
	base.ours = fmt.Sprintf("%.2f%%", 100*share)
	base.peaks = fmt.Sprintf("- / %.1f", r.Peak)
	base.verdict = verdict(share, idleShare)
	return base
}

func verdictOf(r watchResult, err error) string {
	switch {
	case err != nil:
		return failed + ": " + err.Error()
	case r.Skipped != "":
		return skipped + ": " + r.Skipped
	}
	return ""
}

// percentile is the smallest of a list that so many hundredths do not exceed.
func percentile(list []time.Duration, of int) time.Duration {
	if len(list) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(list))[min(len(list)-1, len(list)*of/100)]
}

// insideWatch answers one question in the host.
func insideWatch(text string, out io.Writer) error {
	var j watchJob
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	ask := map[string]func(watchJob) (watchResult, error){"latency": latency, "flood": flood, "idle": idle}[j.What]
	if ask == nil {
		return fmt.Errorf("no question %q", j.What)
	}
	r, err := ask(j)
	if errors.Is(err, exec.ErrNotFound) {
		r.Skipped, err = "no findmnt to compare with", nil
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(r)
}
