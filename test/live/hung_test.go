//go:build linux

package live_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A server that has taken a request and does not answer keeps a task that waits
// for it from ending, so nsview must not be that task.
func TestHungServer(t *testing.T) {
	dir := mkdir(t, tmpfs(t, ""), "hung")
	roleOf(t, "hung-fuse", 0, dir)
	for _, c := range []struct {
		want string
		args []string
	}{
		{"did not answer within", []string{"tree", "-o", "TARGET,SIZE", "-R", dir}},
		{"it does not answer in time", []string{"tree", dir}},
		{"it does not answer in time", []string{"predict", "mount", "tmpfs", dir + "/sub"}},
		{"it does not answer in time", []string{"explain", dir + "/sub"}},
		{dir, []string{"tree", "-T", dir + "/sub"}},
		{dir, []string{"holders", dir + "/sub"}},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		cmd := exec.CommandContext(ctx, nsviewPath(), c.args...)
		cmd.WaitDelay = time.Second
		out, _ := cmd.CombinedOutput()
		if ctx.Err() != nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%q: ended in time: %v\n%s", c.args, ctx.Err() == nil, out)
		}
		cancel()
	}
}
