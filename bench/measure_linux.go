package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// sample is what one run cost.
type sample struct {
	CPU  time.Duration // user and system time of the whole process
	Wall time.Duration
	Peak float64 // MiB
}

// patience is longer than any peer was seen to take.
const patience = 20 * time.Minute

// measure runs a command once. Its output goes to out; nil drops it in the
// kernel, as /dev/null does for both sides alike.
func measure(argv []string, out io.Writer) (sample, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C", "NO_COLOR=1")
	cmd.Stdout, cmd.Stderr = out, &complaint
	begun := time.Now()
	err := cmd.Run()
	wall := time.Since(begun)
	if err != nil && !partial(err) {
		first, _, _ := strings.Cut(complaint.String(), "\n")
		return sample{}, fmt.Errorf("run %s: %w: %s", strings.Join(argv, " "), err, first)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return sample{}, fmt.Errorf("run %s: no resource usage", argv[0])
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return sample{CPU: cpu, Wall: wall, Peak: float64(usage.Maxrss) / 1024}, nil
}

// partial is nsview's status 3: it answered, and says that something could not
// be read. Processes that end meanwhile are enough for that.
func partial(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == 3
}

// lineCounter sees how much of an answer there is.
type lineCounter int

func (l *lineCounter) Write(text []byte) (int, error) {
	*l += lineCounter(bytes.Count(text, []byte("\n")))
	return len(text), nil
}

// spread is the median with the smallest and the largest.
type spread struct{ Median, Min, Max float64 }

func spreadOf(values []float64) spread {
	s := slices.Sorted(slices.Values(values))
	middle := s[len(s)/2]
	if len(s)%2 == 0 {
		middle = (middle + s[len(s)/2-1]) / 2
	}
	return spread{middle, s[0], s[len(s)-1]}
}

// of makes the spread of one figure of many samples.
func of[T any](samples []T, figure func(T) float64) spread {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = figure(s)
	}
	return spreadOf(values)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func ratio(a, b time.Duration) float64 { return float64(a) / float64(cmp.Or(b, 1)) }
