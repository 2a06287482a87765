package main

import (
	"os"
	"strconv"
	"strings"
	"sync"
)

// ordinary says whether the caller lacks the rights of the machine's root: as an
// ordinary user does, and as root of a user namespace that not all ids are
// mapped to, such as another container's.
var ordinary = sync.OnceValue(func() bool {
	if os.Geteuid() != 0 {
		return true
	}
	const admin = 1 << 21 // CAP_SYS_ADMIN, which a container's root lacks as a rule
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		_, after, _ := strings.Cut(string(status), "\nCapEff:\t")
		text, _, _ := strings.Cut(after, "\n")
		if caps, err := strconv.ParseUint(text, 16, 64); err == nil && caps&admin == 0 {
			return true
		}
	}
	b, err := os.ReadFile("/proc/self/uid_map")
	return err == nil && strings.Join(strings.Fields(string(b)), " ") != "0 0 4294967295"
})
