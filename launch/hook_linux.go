package launch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Hook is a program that runs while a container is made or after its end. It
// reads the container's state, as JSON, from its standard input (runtime.md of
// the OCI runtime specification, State).
type Hook struct {
	Path      string
	Args, Env []string      // Args[0] is Path when there are none
	Timeout   time.Duration // 0 waits as long as it takes
	State     string        // a JSON object; the process id is added
}

// maxHookOutput is how much of a hook's output an error repeats, in bytes.
const maxHookOutput = 4096

// Run runs the hook and waits for its end. pid is the container's, as the hook
// sees it.
func (h *Hook) Run(pid int) error {
	state, err := withPID(h.State, pid)
	if err != nil {
		return err
	}
	ctx := context.Background()
	if h.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.Timeout)
		defer cancel()
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, h.Path)
	if len(h.Args) > 0 {
		cmd.Args = h.Args
	}
	cmd.Env = append([]string{}, h.Env...) // nil would be the caller's own
	cmd.Stdin = bytes.NewReader(state)
	cmd.Stdout = &capped{to: &out, left: maxHookOutput}
	cmd.Stderr = cmd.Stdout
	// What the hook leaves running must not be waited for.
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("no end within %v", h.Timeout)
	}
	// A hook that does not read its state has no fault.
	if errors.Is(err, exec.ErrWaitDelay) || errors.Is(err, unix.EPIPE) {
		err = nil
	}
	if said := strings.TrimSpace(out.String()); err != nil && said != "" {
		err = fmt.Errorf("%w: %s", err, strings.ReplaceAll(said, "\n", " "))
	}
	return err
}

func withPID(state string, pid int) ([]byte, error) {
	all := map[string]any{}
	if err := json.Unmarshal([]byte(state), &all); err != nil {
		return nil, fmt.Errorf("the state of the container: %w", err)
	}
	all["pid"] = pid
	return json.Marshal(all)
}

// capped keeps the beginning of what is written to it.
type capped struct {
	to   io.Writer
	left int
}

func (c *capped) Write(b []byte) (int, error) {
	n := min(len(b), c.left)
	c.left -= n
	_, _ = c.to.Write(b[:n])
	return len(b), nil
}

// RunHook runs a hook in the container's namespaces.
type RunHook struct {
	Hook
	Moment string // createContainer, startContainer
}

// Call is "fork": the execve(2) of a plan is the command's.
func (*RunHook) Call() Call { return "fork" }

// FlagNames is "".
func (*RunHook) FlagNames() string { return "" }

// String is fork() execve("/usr/bin/hook", ["/usr/bin/hook", "-v"]) as createContainer.
func (r *RunHook) String() string {
	args := []string{r.Path}
	if len(r.Args) > 0 {
		args = append(args, r.Args[1:]...)
	}
	return fmt.Sprintf("fork() execve(%s) as %s", words(args), r.Moment)
}

func (r *RunHook) do(*child) error {
	if err := r.Run(unix.Getpid()); err != nil {
		return &CallError{Call: "fork", Detail: fmt.Sprintf("hook %s %q: %v", r.Moment, r.Path, err), Err: unix.ECANCELED}
	}
	return nil
}
