package cgroup

import (
	"fmt"
	"strings"

	devices "github.com/opencontainers/cgroups/devices/config"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// allowed are the devices that every container may use, as of OCI runtimes:
// runtime-spec, config-linux.md, "Default Devices", and those of terminals. Any
// node may be made: it is of no use without the right to open it.
var allowed = []devices.Rule{
	{Type: devices.CharDevice, Major: devices.Wildcard, Minor: devices.Wildcard, Permissions: "m", Allow: true},
	{Type: devices.BlockDevice, Major: devices.Wildcard, Minor: devices.Wildcard, Permissions: "m", Allow: true},
	{Type: devices.CharDevice, Major: 1, Minor: 3, Permissions: "rwm", Allow: true}, // null
	{Type: devices.CharDevice, Major: 1, Minor: 5, Permissions: "rwm", Allow: true}, // zero
	{Type: devices.CharDevice, Major: 1, Minor: 7, Permissions: "rwm", Allow: true}, // full
	{Type: devices.CharDevice, Major: 1, Minor: 8, Permissions: "rwm", Allow: true}, // random
	{Type: devices.CharDevice, Major: 1, Minor: 9, Permissions: "rwm", Allow: true}, // urandom
	{Type: devices.CharDevice, Major: 5, Minor: 0, Permissions: "rwm", Allow: true}, // tty
	{Type: devices.CharDevice, Major: 5, Minor: 2, Permissions: "rwm", Allow: true}, // ptmx
	{Type: devices.CharDevice, Major: 136, Minor: devices.Wildcard, Permissions: "rwm", Allow: true},
}

// deviceRules denies everything, then allows and denies what is asked for, in
// its order, and what every container may use.
func deviceRules(asked []specs.LinuxDeviceCgroup) ([]*devices.Rule, error) {
	rules := []*devices.Rule{{Type: devices.WildcardDevice, Major: devices.Wildcard, Minor: devices.Wildcard, Permissions: "rwm"}}
	for _, a := range asked {
		r, err := deviceRule(a)
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	for i := range allowed {
		rules = append(rules, &allowed[i])
	}
	return rules, nil
}

func deviceRule(a specs.LinuxDeviceCgroup) (*devices.Rule, error) {
	r := &devices.Rule{Type: devices.WildcardDevice, Major: devices.Wildcard, Minor: devices.Wildcard, Permissions: devices.Permissions(a.Access), Allow: a.Allow}
	switch a.Type {
	case "", "a":
	case "b", "c":
		r.Type = devices.Type(a.Type[0])
	default:
		return nil, fmt.Errorf("resources.devices: unknown type %q (types: a b c)", a.Type)
	}
	if a.Major != nil {
		r.Major = *a.Major
	}
	if a.Minor != nil {
		r.Minor = *a.Minor
	}
	if a.Access == "" {
		r.Permissions = "rwm"
	} else if strings.Trim(a.Access, "rwm") != "" {
		return nil, fmt.Errorf("resources.devices: unknown access %q (r, w, m)", a.Access)
	}
	return r, nil
}
