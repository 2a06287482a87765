package bundle

import (
	"encoding/json"
	"fmt"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/nsview/nsview/launch"
)

// hooks puts each hook where it is run: by the caller in its own namespaces, or
// by the container's first process (config.md, POSIX-platform Hooks).
func (m *maker) hooks() error {
	if m.Config.Hooks == nil {
		return nil
	}
	s := &m.c.Spec
	for _, kind := range hookKinds {
		for _, h := range kind.of(m.Config.Hooks) {
			hook, err := m.hook(kind.name, h)
			if err != nil {
				return err
			}
			switch kind.name {
			case "prestart", "createRuntime":
				s.Mounted = append(s.Mounted, inRuntime(kind.name, hook))
			case "createContainer":
				s.Creating = append(s.Creating, launch.RunHook{Hook: hook, Moment: kind.name})
			case "startContainer":
				s.Starting = append(s.Starting, launch.RunHook{Hook: hook, Moment: kind.name})
			case "poststart":
				m.c.Poststart = append(m.c.Poststart, hook)
			case "poststop":
				m.c.Poststop = append(m.c.Poststop, hook)
			}
		}
	}
	return nil
}

// statuses are the states of a container in which hooks are run (runtime.md).
var statuses = map[string]specs.ContainerState{
	"prestart": specs.StateCreating, "createRuntime": specs.StateCreating, "createContainer": specs.StateCreating,
	"startContainer": specs.StateCreated, "poststart": specs.StateRunning, "poststop": specs.StateStopped,
}

func (m *maker) hook(moment string, h specs.Hook) (launch.Hook, error) {
	state, err := json.Marshal(specs.State{
		Version: specs.Version, ID: m.by.ID, Status: statuses[moment], Bundle: m.Dir, Annotations: m.Config.Annotations,
	})
	if err != nil {
		return launch.Hook{}, fmt.Errorf("write the state for hooks: %w", err)
	}
	hook := launch.Hook{Path: h.Path, Args: h.Args, Env: h.Env, State: string(state)}
	if h.Timeout != nil {
		hook.Timeout = time.Duration(*h.Timeout) * time.Second
	}
	return hook, nil
}

// inRuntime runs a hook in the caller's namespaces.
func inRuntime(moment string, hook launch.Hook) launch.ParentAction {
	run := launch.RunHook{Hook: hook, Moment: moment}
	return launch.ParentAction{
		Name: run.Call(), Text: run.String(),
		Do: func(pid int) error {
			if err := hook.Run(pid); err != nil {
				return fmt.Errorf("hook %s %q: %w", moment, hook.Path, err)
			}
			return nil
		},
	}
}
