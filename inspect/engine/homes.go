package engine

import (
	"slices"
	"strconv"
	"strings"
)

// Uids of people start at firstPerson; a host with more homes than maxHomes
// keeps them in a directory service that passwd(5) does not show.
const (
	firstPerson = 1000
	maxHomes    = 256
)

// homes looks where rootless Docker and Podman keep what they have. A home may
// be on a network that does not answer.
func (s *search) homes() {
	if s.listing || !s.wants("docker", "podman") {
		return
	}
	const op = "read container names from home directories"
	ctx, cancel := s.limited()
	defer cancel()
	s.apart(ctx, "podman", op, func(part *search) {
		for _, home := range peoplesHomes(part.host()) {
			part.docker(part.host(), home+"/.local/share/docker")
			part.storage(part.host(), home+"/.local/share/containers/storage")
		}
		for i := range part.trouble {
			part.trouble[i].op = op
		}
	})
}

func peoplesHomes(v view) []string {
	passwd, _ := v.read("/etc/passwd")
	var homes []string
	for line := range strings.Lines(string(passwd)) {
		field := strings.Split(line, ":")
		if len(field) < 7 || len(homes) == maxHomes {
			continue
		}
		uid, err := strconv.Atoi(field[2])
		if err == nil && uid >= firstPerson && len(field[5]) > 1 && !slices.Contains(homes, field[5]) {
			homes = append(homes, field[5])
		}
	}
	return homes
}
