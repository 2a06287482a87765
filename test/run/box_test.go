//go:build linux

package run_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExitStatus(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -TERM $$": 143, "kill -KILL $$": 137} {
		if r := box(t, script, "--init"); r.status != want {
			t.Errorf("%s: status %d, %s", script, r.status, r.err)
		}
	}
	for name, want := range map[string]int{"no-such-command": 127, "/": 126, "/etc": 126, "/no/such": 127} {
		r := nsviewSays(t, nil, "run", "--", name)
		if r.status != want || strings.Count(r.err, "\n") != 1 || !strings.HasPrefix(r.err, "nsview: start the container: step ") {
			t.Errorf("%s: status %d, it said %s", name, r.status, r.err)
		}
	}
}

func TestStandardInput(t *testing.T) {
	if r := nsviewSays(t, strings.NewReader("words"), "run", "-i", "--", "cat"); r.out != "words" {
		t.Errorf("with -i it said %q, %s", r.out, r.err)
	}
	if r := nsviewSays(t, strings.NewReader("words"), "run", "--", "cat"); r.out != "" || r.status != 0 {
		t.Errorf("without -i it said %q, %s", r.out, r.err)
	}
	if r := nsviewSays(t, strings.NewReader(""), "run", "-i", "-t", "--", "cat"); r.status != 125 || !strings.Contains(r.err, "the standard input is no terminal") {
		t.Errorf("-i -t without a terminal: status %d, %s", r.status, r.err)
	}
}

func TestEnvironment(t *testing.T) {
	file := filepath.Join(t.TempDir(), "env")
	try(t, os.WriteFile(file, []byte("# a remark\nA=from file\n\nB= b \nTERM\nNOT_SET_ANYWHERE\n"), 0o600))
	r := box(t, "env", "--env-file", file, "-e", "A=later", "-e", "TERM", "-e", "EMPTY=", "-e", "NOT_SET_ANYWHERE")
	got := "\n" + r.out
	for _, want := range []string{"A=later", "B= b ", "TERM=vt100", "EMPTY=", "HOME=/root", "HOSTNAME=nsview", "PATH=/usr/local/sbin:"} {
		if !strings.Contains(got, "\n"+want) {
			t.Errorf("no %q in %s%s", want, got, r.err)
		}
	}
	if strings.Contains(got, "NOT_SET_ANYWHERE") || strings.Contains(got, "from file") || strings.Contains(got, "XDG_") {
		t.Errorf("too much: %s", got)
	}
	for _, flags := range [][]string{{"-e", "=x"}, {"--env-file", "/no/such"}, {"--env-file", "/proc/self/mem"}} {
		if r := box(t, "true", flags...); r.status != 125 || !strings.HasPrefix(r.err, "nsview: read the command line: -") {
			t.Errorf("%v: status %d, %s", flags, r.status, r.err)
		}
	}
}

const status = `grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | tr '\n' ' '`

func TestConfinement(t *testing.T) {
	const docker, none, netAdmin = "00000000a80425fb", "0000000000000000", "0000000000001000"
	line := func(inh, prm, eff, bnd, noNew, filter string) string {
		return "CapInh:\t" + inh + " CapPrm:\t" + prm + " CapEff:\t" + eff + " CapBnd:\t" + bnd + " CapAmb:\t" + none + " NoNewPrivs:\t" + noNew + " Seccomp:\t" + filter + " "
	}
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{nil, line(none, docker, docker, docker, "0", "2")},
		{[]string{"--cap-drop", "ALL"}, line(none, none, none, none, "0", "2")},
		{[]string{"--cap-drop", "all", "--cap-add", "net_admin"}, line(none, netAdmin, netAdmin, netAdmin, "0", "2")},
		{[]string{"--security-opt", "seccomp=unconfined"}, line(none, docker, docker, docker, "0", "0")},
		{[]string{"--security-opt", "no-new-privileges"}, line(none, docker, docker, docker, "1", "2")},
		{[]string{"--init"}, line(none, docker, docker, docker, "0", "2")},
	} {
		if r := box(t, status, c.flags...); r.out != c.want {
			t.Errorf("%v: got\n%s\nwant\n%s\n%s", c.flags, r.out, c.want, r.err)
		}
	}
	profile := filepath.Join(t.TempDir(), "profile.json")
	try(t, os.WriteFile(profile, []byte(`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":28}]}`), 0o600))
	if r := box(t, "mkdir /x", "--security-opt", "seccomp="+profile); !strings.Contains(r.err, "No space left on device") {
		t.Errorf("with a profile of one's own: %+v", r)
	}
	for want, flags := range map[string][]string{
		"unknown capability \"SYS_MAGIC\"":              {"--cap-add", "SYS_MAGIC"},
		"--security-opt seccomp=/no/such: no such":      {"--security-opt", "seccomp=/no/such"},
		"--security-opt seccomp=/dev/null: parse":       {"--security-opt", "seccomp=/dev/null"},
		"--security-opt apparmor=x: nsview knows":       {"--security-opt", "apparmor=x"},
		"--ulimit nofile: wants NAME=SOFT":              {"--ulimit", "nofile"},
		"--ulimit x=1: unknown resource limit":          {"--ulimit", "x=1"},
		"--ulimit nofile=9:1: the soft limit is more":   {"--ulimit", "nofile=9:1"},
		"--sysctl vm.swappiness=1: the setting \"vm.s":  {"--sysctl", "vm.swappiness=1"},
		"--sysctl net.core.somaxconn=1: needs a namesp": {"--no-ns", "net", "--sysctl", "net.core.somaxconn=1"},
		"--oom-score-adj 1001 is not from":              {"--oom-score-adj", "1001"},
		"--memory: \"much\" is no number of bytes":      {"--memory", "much"},
		"--memory: 100k is less than 6m":                {"--memory", "100k"},
		"--cpus: \"0\" is no number of CPUs":            {"--cpus", "0"},
		"--pids-limit: 0 is no number of":               {"--pids-limit", "0"},
		"unable to find user nobody-at-all":             {"-u", "nobody-at-all"},
	} {
		r := box(t, "true", flags...)
		if r.status != 125 || !strings.Contains(r.err, want) || !strings.HasPrefix(r.err, "nsview: ") || strings.Count(r.err, "\n") > 2 {
			t.Errorf("%v: status %d, it said\n%s", flags, r.status, r.err)
		}
	}
}

func TestLimits(t *testing.T) {
	r := box(t, "ulimit -Sn; ulimit -Hn; cat /proc/self/oom_score_adj; cat /proc/sys/net/core/somaxconn; umask",
		"--ulimit", "nofile=55:66", "--oom-score-adj", "700", "--sysctl", "net.core.somaxconn=77")
	if r.out != "55\n66\n700\n77\n0022\n" {
		t.Errorf("it said %s%s", r.out, r.err)
	}
	if os.Geteuid() != 0 {
		r := box(t, "true", "--memory", "64m")
		if r.status == 0 {
			t.Skip("needs a user without a control group of their own")
		}
		if r.status != 125 || !strings.HasPrefix(r.err, "nsview: limit the container's memory: ") || !strings.Contains(r.err, "nsview: hint: limits need a control group") {
			t.Errorf("an ordinary user's limit: %+v", r)
		}
		return
	}
	before := lookAtHost(t)
	r = box(t, "head -c 300m /dev/zero | tail | wc -c", "--memory", "32m", "--pids-limit", "30", "--cpus", "1.5")
	if r.out != "0\n" || r.status != 0 {
		t.Errorf("300 MiB within 32: %+v", r)
	}
	r = box(t, `i=0; while test $i -lt 40; do sleep 100 & i=$((i+1)); done`, "--pids-limit", "20")
	if r.status == 0 || !strings.Contains(r.err, "fork") {
		t.Errorf("40 processes within 20: %+v", r)
	}
	before.compare(t)
}

func TestUsers(t *testing.T) {
	needsRoot(t)
	etc := t.TempDir()
	try(t, os.WriteFile(etc+"/passwd", []byte("root:x:0:0::/root:/bin/sh\nweb:x:33:34::/srv:/bin/sh\n"), 0o644))
	try(t, os.WriteFile(etc+"/group", []byte("www:x:34:\nlogs:x:77:web\nextra:x:88:\n"), 0o644))
	r := box(t, `id -u; id -g; id -G; echo $HOME; mkdir /x`, "-v", etc+":/etc", "-u", "web", "--group-add", "extra", "--group-add", "99")
	if r.out != "33\n34\n34 77 88 99\n/srv\n" || !strings.Contains(r.err, "Permission denied") {
		t.Errorf("it said %s%s", r.out, r.err)
	}
	// The devices of the host stay out of reach of one who may make nodes.
	r = box(t, `mknod /d b 1 0 && mknod /c c 1 1 && cat /d /c`)
	if strings.Count(r.err, "Operation not permitted") != 2 {
		t.Errorf("the host's devices: %+v", r)
	}
}
