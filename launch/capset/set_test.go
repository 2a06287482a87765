//go:build linux

package capset

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

func TestChange(t *testing.T) {
	for _, c := range []struct{ add, drop, want string }{
		{"", "", Docker().String()},
		{"", "all", "0"},
		{"net_admin", "ALL", "CAP_NET_ADMIN"},
		{"CAP_KILL", "kill", Docker().String()},
		{"all", "", "ALL"},
		{"ALL", "sys_admin Cap_Kill", (All() &^ (1<<21 | 1<<5)).String()},
		{"", "chown dac_override fsetid fowner mknod net_raw setgid setuid setfcap setpcap net_bind_service sys_chroot audit_write", "CAP_KILL"},
	} {
		got, err := Docker().Change(strings.Fields(c.add), strings.Fields(c.drop))
		if err != nil || got.String() != c.want {
			t.Errorf("+%s -%s is %v, %v; want %s", c.add, c.drop, got, err, c.want)
		}
	}
	for _, bad := range []string{"", "CAP_", "sys_everything", "CAP_CAP_KILL"} {
		if s, err := Docker().Change(nil, []string{bad}); err == nil || !strings.Contains(err.Error(), "CAP_CHECKPOINT_RESTORE") {
			t.Errorf("%q is %v, %v", bad, s, err)
		}
	}
	if got := Set(1 << 63).String(); got != "CAP_63" {
		t.Errorf("one without a name is %s", got)
	}
}

// The mask is what /proc/PID/status has said of Docker's containers for years.
func TestDockersDefault(t *testing.T) {
	if got := fmt.Sprintf("%016x", uint64(Docker())); got != "00000000a80425fb" {
		t.Errorf("got %s", got)
	}
}

const applied = "with the sets applied"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == applied {
		runtime.LockOSThread()
		sets := For(Of(0, 5, 21), true)
		sets.Inheritable, sets.Ambient = Of(5), Of(5)
		if err := sets.Bounding.DropBounding(); err != nil {
			fmt.Println("bounding set:", err)
		}
		if err := sets.Apply(); err != nil {
			fmt.Println("the others:", err)
		}
		status, _ := os.ReadFile("/proc/thread-self/status")
		fmt.Print(string(status))
		return
	}
	os.Exit(m.Run())
}

// The kernel shows the sets that were applied.
func TestApply(t *testing.T) {
	out, err := exec.Command("/proc/self/exe", applied).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if os.Geteuid() != 0 {
		if !strings.Contains(string(out), "bounding set: operation not permitted") || !strings.Contains(string(out), "the others: operation not permitted") {
			t.Errorf("without rights of its own it said\n%s", out)
		}
		return
	}
	for name, want := range map[string]Set{"CapInh": 1 << 5, "CapPrm": 1<<0 | 1<<5 | 1<<21, "CapEff": 1<<0 | 1<<5 | 1<<21, "CapBnd": 1<<0 | 1<<5 | 1<<21, "CapAmb": 1 << 5} {
		if line := fmt.Sprintf("%s:\t%016x\n", name, uint64(want)); !strings.Contains(string(out), line) {
			t.Errorf("no %q in\n%s", line, out)
		}
	}
}
