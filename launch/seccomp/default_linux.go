package seccomp

import (
	"fmt"

	docker "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// Default is Docker's default profile for a container with these capabilities
// (CAP_SYS_ADMIN, ...) in its bounding set: each lets the calls pass that need
// it.
func Default(capabilities []string) (*specs.LinuxSeccomp, error) {
	p, err := docker.GetDefaultProfile(bounded(capabilities))
	if err != nil {
		return nil, fmt.Errorf("make the default seccomp profile: %w", err)
	}
	return p, nil
}

// Parse reads a profile as docker run --security-opt seccomp=FILE takes it,
// which has rules that depend on the capabilities. It is nil for a profile
// without rules, {}.
func Parse(text []byte, capabilities []string) (*specs.LinuxSeccomp, error) {
	p, err := docker.LoadProfile(string(text), bounded(capabilities))
	if err != nil {
		return nil, fmt.Errorf("parse the seccomp profile: %w", err)
	}
	return p, nil
}

func bounded(capabilities []string) *specs.Spec {
	return &specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: capabilities}}}
}
