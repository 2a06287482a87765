package bundle

import (
	"strings"
	"testing"
)

// inLinux is a configuration with more about its namespaces.
func inLinux(more string) string {
	return minimal(`"linux": {"namespaces": [{"type": "mount"}, {"type": "ipc"}], ` + more + `}, `)
}

// withUser is one with a new user namespace.
func withUser(more string) string {
	return minimal(`"linux": {"namespaces": [{"type": "mount"}, {"type": "user"}], ` + more + `}, `)
}

// process is a configuration with another process.
func process(more string) string {
	return `{"root": {"path": "r"}, "linux": {"namespaces": [{"type": "mount"}]}, "process": {` + more + `}}`
}

// What the types of the specification allow and cannot be meant is refused, by
// the path of the value.
func TestCheck(t *testing.T) {
	const okay = `"args": ["sh"], "cwd": "/", `
	for text, want := range map[string]string{
		`{}`:                      "config.json:1:1: root: is missing",
		`{"ociVersion": "2.0.0"}`: `ociVersion: "2.0.0" is not version 1`,
		`{"root": {"path": ""}}`:  "root.path: is missing or empty",
		`{"root": {"path": "r"}}`: "process: is missing: there is nothing to run",
		process(`"cwd": "/"`):     "process.args: is missing or empty",
		process(`"args": ["a\u0000"], "cwd": "/"`):                                    `process.args[0]: "a\x00" has a NUL in it`,
		process(`"args": ["sh"], "cwd": "tmp"`):                                       `process.cwd: "tmp" is not absolute`,
		process(okay + `"env": ["A=1", "B"]`):                                         `process.env[1]: "B" is not of the form NAME=VALUE`,
		process(okay + `"user": {"umask": 512}`):                                      "process.user.umask: 512 is more than 511",
		process(okay + `"oomScoreAdj": 1001`):                                         "process.oomScoreAdj: 1001 is not between",
		process(okay + `"rlimits": [{"type": "RLIMIT_FOO"}]`):                         `process.rlimits[0].type: there is no limit "RLIMIT_FOO"`,
		process(okay + `"rlimits": [{"type": "RLIMIT_CPU", "soft": 2, "hard": 1}]`):   "process.rlimits[0].soft: 2 is more than the hard limit 1",
		process(okay + `"rlimits": [{"type": "RLIMIT_CPU"}, {"type": "RLIMIT_CPU"}]`): "process.rlimits[1].type: RLIMIT_CPU comes twice",
		process(okay + `"capabilities": {"ambient": ["SYS_ADMIN"]}`):                  `process.capabilities.ambient[0]: "SYS_ADMIN" is no name like`,

		minimal(`"mounts": [{"destination": "a", "type": "tmpfs"}], `):                                                                                           `mounts[0].destination: "a" is not absolute`,
		minimal(`"mounts": [{"destination": "/a"}], `):                                                                                                           "mounts[0].type: is missing, and the options",
		minimal(`"mounts": [{"destination": "/a", "options": ["bind"]}], `):                                                                                      "mounts[0].source: is missing or empty",
		minimal(`"mounts": [{"destination": "/a", "source": "/b", "options": ["bind", "tmpcopyup"]}], `):                                                         "config.json:3:71: mounts[0].options[1]: tmpcopyup is not done",
		minimal(`"mounts": [{"destination": "/a", "source": "/b", "options": ["bind", "idmap"]}], `):                                                             "mounts[0].options: idmap needs uidMappings",
		minimal(`"mounts": [{"destination": "/a", "source": "/b", "type": "bind", "uidMappings": [{"size": 1}]}], `):                                             "must come together",
		minimal(`"mounts": [{"destination": "/a", "source": "/b", "type": "bind", "uidMappings": [{"size": 1}], "gidMappings": [{"size": 1}]}], `):               "mounts[0].options: have neither idmap nor ridmap",
		minimal(`"mounts": [{"destination": "/a", "source": "/b", "options": ["idmap", "bind"], "uidMappings": [{"size": 0}], "gidMappings": [{"size": 1}]}], `): "mounts[0].uidMappings[0].size: is missing or 0",

		minimal(`"linux": {}, `):                                                                  "linux.namespaces: have no mount namespace",
		minimal(`"hostname": "box", `):                                                            "hostname: needs a namespace of its own of type uts",
		minimal(`"domainname": "box", `):                                                          "domainname: needs a namespace of its own of type uts",
		minimal(`"linux": {"namespaces": [{"type": "net"}]}, `):                                   `linux.namespaces[0].type: there is no namespace type "net"`,
		minimal(`"linux": {"namespaces": [{"type": "mount"}, {"type": "mount"}]}, `):              "linux.namespaces[1].type: mount comes twice",
		minimal(`"linux": {"namespaces": [{"type": "ipc", "path": "ns"}]}, `):                     `linux.namespaces[0].path: "ns" is not absolute`,
		inLinux(`"uidMappings": [{"size": 1}]`):                                                   "linux.uidMappings: ids are mapped in a new user namespace only",
		withUser(`"uidMappings": [{"size": 1}]`):                                                  "linux.uidMappings: a new user namespace needs",
		withUser(`"uidMappings": [{"size": 2}, {"containerID": 1, "hostID": 5, "size": 1}]`):      "linux.uidMappings[1]: overlaps an earlier range",
		withUser(`"gidMappings": [{"size": 2, "hostID": 4294967294}]`):                            "linux.gidMappings[0]: ends at 4294967296, beyond the last id",
		inLinux(`"rootfsPropagation": "sideways"`):                                                "linux.rootfsPropagation: unknown propagation",
		inLinux(`"rootfsPropagation": "unchanged"`):                                               "linux.rootfsPropagation: unknown propagation",
		inLinux(`"maskedPaths": ["/a", "b"]`):                                                     `linux.maskedPaths[1]: "b" is not absolute`,
		inLinux(`"readonlyPaths": [""]`):                                                          "linux.readonlyPaths[0]: is missing or empty",
		inLinux(`"sysctl": {"vm.swappiness": "1"}`):                                               `linux.sysctl["vm.swappiness"]: is the same for all of the host`,
		inLinux(`"sysctl": {"net.ipv4.ip_forward": "1"}`):                                         `linux.sysctl["net.ipv4.ip_forward"]: needs a namespace of its own of type network`,
		inLinux(`"sysctl": {"net/../kernel/core_pattern": "1"}`):                                  "is no name of a setting",
		inLinux(`"devices": [{"path": "/dev/x", "type": "d"}]`):                                   `linux.devices[0].type: there is no type "d"`,
		inLinux(`"devices": [{"path": "/dev/x", "type": "c", "major": -1}]`):                      "linux.devices[0].major: -1:0 is no device number",
		inLinux(`"devices": [{"path": "/dev/x", "type": "p"}, {"path": "/dev//x", "type": "p"}]`): "linux.devices[1].path: /dev/x comes twice",
		inLinux(`"timeOffsets": {"realtime": {}}`):                                                `linux.timeOffsets["realtime"]: there is no such clock`,
		inLinux(`"timeOffsets": {"boottime": {"secs": 1}}`):                                       "needs a new time namespace",
		inLinux(`"personality": {"domain": "BSD"}`):                                               `linux.personality.domain: there is no domain "BSD"`,
		minimal(`"hooks": {"poststop": [{"path": "a"}]}, `):                                       `hooks.poststop[0].path: "a" is not absolute`,
		minimal(`"hooks": {"prestart": [{"path": "/a", "timeout": 0}]}, `):                        "hooks.prestart[0].timeout: 0 is no number of seconds",
	} {
		if _, err := Parse("config.json", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", text, err, want)
		}
	}
	for _, text := range []string{
		inLinux(`"sysctl": {"kernel.shmmax": "1", "fs/mqueue/msg_max": "5"}, "rootfsPropagation": "rslave"`),
		withUser(`"uidMappings": [{"size": 1}, {"containerID": 1, "hostID": 5, "size": 1}], "gidMappings": [{"size": 1}]`),
		minimal(`"mounts": [{"destination": "/a", "source": "/b", "type": "bind"}], `),
	} {
		if _, err := Parse("config.json", []byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}
