package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// workplace makes a directory in the host to mount in: on a file system of its
// own that reaches nobody, or in the host's first peer group, which goes through
// all its namespaces.
func workplace(shared bool) (string, error) {
	base := os.Getenv("HOSTGEN_BASE")
	if shared {
		dir := filepath.Join(base, "g0", "watch-bench")
		return dir, os.MkdirAll(dir, 0o755)
	}
	dir := filepath.Join(base, "watch-bench")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := syscall.Mount("bench", dir, "tmpfs", 0, ""); err != nil {
		return "", fmt.Errorf("mount a workplace: %w", err)
	}
	return dir, syscall.Mount("", dir, "", syscall.MS_PRIVATE, "")
}

// watcher is a program that writes a line for each change.
type watcher struct {
	cmd   *exec.Cmd
	lines chan stamped
}

type stamped struct {
	at   time.Time
	text string
}

func startWatcher(argv []string) (*watcher, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	w := &watcher{cmd: cmd, lines: make(chan stamped, 4096)}
	go func() {
		defer close(w.lines)
		in := bufio.NewReaderSize(out, 1<<20)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			w.lines <- stamped{time.Now(), line}
		}
	}()
	return w, nil
}

// until waits for a line that has all the words.
func (w *watcher) until(words ...string) (time.Time, error) {
	timer := time.NewTimer(10 * time.Second)
	defer timer.Stop()
	for {
		select {
		case line, ok := <-w.lines:
			if !ok {
				return time.Time{}, errors.New("the watcher ended")
			}
			if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line.text, word) }) {
				return line.at, nil
			}
		case <-timer.C:
			return time.Time{}, fmt.Errorf("no line of %s", strings.Join(words, " "))
		}
	}
}

// watchNsview starts nsview watch and a workplace, and waits until it tells of what
// is done there.
func watchNsview(j watchJob, shared bool) (w *watcher, dir string, err error) {
	if dir, err = workplace(shared); err != nil {
		return nil, "", err
	}
	if w, err = startWatcher([]string{j.Nsview, "watch", "-J"}); err != nil {
		return nil, "", err
	}
	return w, dir, ready(w, dir)
}

// peak is how much memory the watcher had at most, in MiB, once it has ended.
func (w *watcher) peak() float64 {
	if usage, ok := w.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		return float64(usage.Maxrss) / 1024
	}
	return 0
}

func (w *watcher) end() error {
	_ = w.cmd.Process.Signal(os.Interrupt)
	for range w.lines { // so that it can write its last
	}
	err := w.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() < 0 {
		return nil // findmnt has no other end
	}
	return err
}

// latency mounts again and again, and measures until the line is there: with
// the peer, with nsview, and so on in turn.
func latency(j watchJob) (watchResult, error) {
	var r watchResult
	dir, err := workplace(j.Shared)
	if err != nil {
		return r, err
	}
	for n := range 2 * latencyRounds {
		argv, list, word := []string{"findmnt", "--poll", "-n", "-o", "ACTION,TARGET"}, &r.Peer, "mount"
		if n%2 == 1 {
			argv, list, word = []string{j.Nsview, "watch", "-J"}, &r.Ours, `"kind":"mount"`
		}
		progress("watch: latency of %s: round %d of %d", filepath.Base(argv[0]), n/2+1, latencyRounds)
		times, err := latencyOf(argv, dir, word)
		if err != nil {
			return r, fmt.Errorf("%s: %w", argv[0], err)
		}
		*list = append(*list, times...)
	}
	return r, nil
}

func latencyOf(argv []string, dir, word string) ([]time.Duration, error) {
	w, err := startWatcher(argv)
	if err != nil {
		return nil, err
	}
	defer w.end()
	if err := ready(w, dir); err != nil {
		return nil, err
	}
	var times []time.Duration
	for n := range latencyRepeats {
		at := filepath.Join(dir, "m"+strconv.Itoa(n))
		if err := os.MkdirAll(at, 0o755); err != nil {
			return nil, err
		}
		if err := syscall.Mount("line", at, "tmpfs", 0, ""); err != nil {
			return nil, err
		}
		begun := time.Now()
		seen, err := w.until(word, at)
		if err != nil {
			return nil, err
		}
		times = append(times, seen.Sub(begun))
		if err := syscall.Unmount(at, 0); err != nil {
			return nil, err
		}
		if _, err := w.until("umount", at); err != nil {
			return nil, err
		}
	}
	return times, nil
}

// ready mounts until the watcher tells of it. Each mount stays a moment: who
// compares tables does not see what comes and goes between.
func ready(w *watcher, dir string) error {
	at := filepath.Join(dir, "ready")
	if err := os.MkdirAll(at, 0o755); err != nil {
		return err
	}
	for range 100 {
		if err := syscall.Mount("ready", at, "tmpfs", 0, ""); err != nil {
			return err
		}
		told := false
		select {
		case <-w.lines:
			told = true
		case <-time.After(100 * time.Millisecond):
		}
		if err := syscall.Unmount(at, 0); err != nil {
			return err
		}
		if told {
			return last(w, filepath.Join(dir, "last"))
		}
	}
	return errors.New("it tells of nothing")
}

// last mounts and unmounts once more and waits for the lines of that, behind
// which there are none of what was done before.
func last(w *watcher, at string) error {
	if err := errors.Join(os.MkdirAll(at, 0o755), syscall.Mount("last", at, "tmpfs", 0, "")); err != nil {
		return err
	}
	_, err := w.until(at)
	if err = errors.Join(err, syscall.Unmount(at, 0)); err == nil {
		_, err = w.until("umount", at)
	}
	return err
}

// flood has several mount and unmount at full speed.
func flood(j watchJob) (watchResult, error) {
	var r watchResult
	w, dir, err := watchNsview(j, true)
	if err != nil {
		return r, err
	}
	pids, err := startMounters(dir)
	if err != nil {
		return r, err
	}
	done := map[int]int{}
	for line := range w.lines {
		if err := r.count(line.text, pids, done); err != nil {
			return r, err
		}
		if len(done) == len(pids) {
			break
		}
	}
	err = w.end()
	r.Peak = w.peak()
	return r, err
}

// count takes in an event. A mounter ends with a mount that stays a while.
func (r *watchResult) count(line string, pids map[int]bool, done map[int]int) error {
	var e struct {
		Kind   string
		Origin *struct {
			NS     uint64
			PID    int
			Target string
		}
	}
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		return fmt.Errorf("read an event: %w", err)
	}
	r.Lost = r.Lost || e.Kind == "lost"
	if e.Origin == nil {
		return nil
	}
	if strings.HasSuffix(e.Origin.Target, "/end") {
		if e.Kind == "umount" {
			done[e.Origin.PID]++
		}
		return nil
	}
	if pids[e.Origin.PID] && (e.Kind == "mount" || e.Kind == "umount") {
		r.Events++
		if e.Origin.NS == 0 {
			r.Unseen++
		}
	}
	return nil
}

func startMounters(dir string) (map[int]bool, error) {
	pids := map[int]bool{}
	for n := range floodMounters {
		at := filepath.Join(dir, "f"+strconv.Itoa(n))
		for _, name := range []string{"x", "end"} {
			if err := os.MkdirAll(filepath.Join(at, name), 0o755); err != nil {
				return nil, err
			}
		}
		cmd := exec.Command("/proc/self/exe", mounterRole, at)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		pids[cmd.Process.Pid] = true
		go func() { _ = cmd.Wait() }()
	}
	return pids, nil
}

// mountAndUmount is a mounter. It waits before it undoes its last mount, so
// that the watcher sees it however far behind it is.
func mountAndUmount(dir string) error {
	for range floodPairs {
		at := filepath.Join(dir, "x")
		if err := errors.Join(syscall.Mount("flood", at, "tmpfs", 0, ""), syscall.Unmount(at, 0)); err != nil {
			return err
		}
	}
	end := filepath.Join(dir, "end")
	if err := syscall.Mount("end", end, "tmpfs", 0, ""); err != nil {
		return err
	}
	time.Sleep(20 * time.Second)
	return syscall.Unmount(end, 0)
}

// idle measures what the watch takes while nothing happens.
func idle(j watchJob) (watchResult, error) {
	var r watchResult
	w, _, err := watchNsview(j, false)
	if err != nil {
		return r, err
	}
	go func() {
		for range w.lines {
		}
	}()
	progress("watch: idle for %v", idleFor)
	before, err := cpuOf(w.cmd.Process.Pid)
	if err != nil {
		return r, err
	}
	begun := time.Now()
	time.Sleep(idleFor)
	after, err := cpuOf(w.cmd.Process.Pid)
	r.CPU, r.Wall = after-before, time.Since(begun)
	err = errors.Join(err, w.end())
	r.Peak = w.peak()
	return r, err
}

// cpuOf is the processor time of all threads of a process, by the scheduler's
// own count (proc_pid_schedstat), which is finer than ticks.
func cpuOf(pid int) (time.Duration, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, name := range tasks {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // the thread ended
		}
		first, _, _ := bytes.Cut(b, []byte{' '})
		ns, err := strconv.ParseInt(string(first), 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(ns)
	}
	return sum, nil
}
