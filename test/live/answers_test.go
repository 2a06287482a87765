//go:build linux

package live_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// result is what nsview said.
type result struct {
	out, err string
	code     int
}

func nsviewPath() string { return os.Getenv(nsviewVar) }

func nsview(t *testing.T, args ...string) result {
	t.Helper()
	return run(t, exec.Command(nsviewPath(), args...))
}

// asNobody runs nsview as an ordinary user.
func asNobody(t *testing.T, args ...string) result {
	t.Helper()
	cmd := exec.Command(nsviewPath(), args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	return run(t, cmd)
}

func run(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", cmd.Args, err)
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// row is a JSON object.
type row map[string]any

func (r row) num(key string) uint64 {
	n, _ := r[key].(json.Number)
	v, _ := strconv.ParseUint(n.String(), 10, 64)
	return v
}

func (r row) text(key string) string {
	if r[key] == nil {
		return ""
	}
	return fmt.Sprint(r[key])
}

func (r row) rows(key string) []row {
	list, _ := r[key].([]any)
	rows := make([]row, len(list))
	for i := range list {
		rows[i], _ = list[i].(map[string]any)
	}
	return rows
}

// flat lists rows and their children, parents first.
func flat(rows []row) []row {
	var list []row
	for _, r := range rows {
		list = append(append(list, r), flat(r.rows("children"))...)
	}
	return list
}

func decode(t *testing.T, text string) row {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var r row
	if err := d.Decode(&r); err != nil {
		t.Fatalf("no JSON: %v\n%.2000s", err, text)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Fatalf("more than one JSON document: %v", err)
	}
	return r
}

// answer runs nsview -J, which must succeed.
func answer(t *testing.T, args ...string) row {
	t.Helper()
	res := nsview(t, append(args, "-J")...)
	if res.code != 0 {
		t.Fatalf("nsview %v: exit %d\n%s", args, res.code, res.err)
	}
	return decode(t, res.out)
}

// namespaces are the rows of list by inode number.
func namespaces(t *testing.T, args ...string) map[uint64]row {
	t.Helper()
	found := map[uint64]row{}
	for _, r := range flat(answer(t, append([]string{"list"}, args...)...).rows("namespaces")) {
		if found[r.num("ns")] != nil {
			t.Errorf("namespace %d is listed twice", r.num("ns"))
		}
		found[r.num("ns")] = r
	}
	return found
}

// mounts are the rows of tree -J.
func mounts(t *testing.T, args ...string) []row {
	t.Helper()
	return flat(answer(t, append([]string{"tree"}, args...)...).rows("filesystems"))
}

// at is the row of a mount point, the last of several.
func at(t *testing.T, rows []row, target string) row {
	t.Helper()
	var found row
	for _, r := range rows {
		if r.text("target") == target {
			found = r
		}
	}
	if found == nil {
		t.Fatalf("no mount at %s", target)
	}
	return found
}

func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if i := strings.Index(line, part); i >= 0 {
			return strings.TrimSpace(line[i:])
		}
	}
	return ""
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
