package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// runName is the comparison of nsview run with other launchers.
const runName = "run"

const runPairs = 15 // they are short, and the machine's noise is not

// containers compares the start and the end of a container that does nothing,
// with one root for all.
func (l *lab) containers() []row {
	bundle, err := l.bundle()
	if err != nil {
		return []row{{host: runName, question: "run true", verdict: failed + ": " + err.Error()}}
	}
	root := filepath.Join(bundle, "rootfs")
	ours := []string{"run", root, "--", "true"}
	ask := func(peer []string, wall, memory float64) question {
		return question{Name: "run true", Peer: peer, Ours: ours, WallTarget: wall, MemoryTarget: memory, Wall: true, Pairs: runPairs}
	}
	h := host{name: runName, questions: []question{
		ask([]string{"runc", "run", "--bundle", bundle, "nsview-bench"}, 1.0, 1.0),
		ask([]string{"crun", "run", "--bundle", bundle, "nsview-bench"}, 1.5, 0),
		ask([]string{"bwrap", "--unshare-all", "--bind", root, "/", "--proc", "/proc", "--dev", "/dev", "true"}, 0, 0),
		ask([]string{"unshare", "-muinpCf", "--root", root, "true"}, 0, 0),
	}}
	return l.compare(h)
}

// bundle makes an OCI bundle of the root that nsview has of this host's tools.
func (l *lab) bundle() (string, error) {
	cache, bundle := filepath.Join(l.dir, "cache"), filepath.Join(l.dir, "bundle")
	if err := os.Mkdir(bundle, 0o755); err != nil {
		return "", err
	}
	build := exec.Command(l.nsview, "run", "--", "true")
	build.Env = append(build.Environ(), "XDG_CACHE_HOME="+cache)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build a root: %w: %s", err, bytes.TrimSpace(out))
	}
	roots, err := filepath.Glob(filepath.Join(cache, "nsview", "rootfs", "*", "bin"))
	if err != nil || len(roots) != 1 {
		return "", fmt.Errorf("build a root: there are %d", len(roots))
	}
	if err := os.Rename(filepath.Dir(roots[0]), filepath.Join(bundle, "rootfs")); err != nil {
		return "", err
	}
	return bundle, writeConfig(bundle)
}

// writeConfig has runc write its default configuration, for a command without
// terminal and a root that may be written to, as those of the others are.
func writeConfig(bundle string) error {
	spec := exec.Command("runc", "spec", "--bundle", bundle)
	if out, err := spec.CombinedOutput(); errors.Is(err, exec.ErrNotFound) {
		return nil // its row says so
	} else if err != nil {
		return fmt.Errorf("write a configuration: %w: %s", err, bytes.TrimSpace(out))
	}
	name := filepath.Join(bundle, "config.json")
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var config map[string]any
	if err := json.Unmarshal(text, &config); err != nil {
		return fmt.Errorf("read runc's configuration: %w", err)
	}
	process, _ := config["process"].(map[string]any)
	root, _ := config["root"].(map[string]any)
	if process == nil || root == nil {
		return errors.New("read runc's configuration: it has no process or no root")
	}
	process["terminal"], process["args"], root["readonly"] = false, []string{"true"}, false
	if text, err = json.Marshal(config); err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o644)
}

// aside is a mount namespace in which crun, too, finds control groups that it
// takes: it refuses version 2 beside version 1.
func aside(argv []string) []string {
	const script = `mountpoint -q /sys/fs/cgroup/unified && umount /sys/fs/cgroup/unified; exec "$@"`
	return append([]string{"unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"}, argv...)
}
