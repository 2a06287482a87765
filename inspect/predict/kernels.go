package predict

import (
	"fmt"
	"strings"
)

// RulesOf are the rules of a kernel by its release, as uname(2) tells it:
// "6.18.44-1-amd64". One that cannot be read has those of Linux 6.18.
func RulesOf(release string) Rules {
	var major, minor int
	if n, _ := fmt.Sscanf(strings.ReplaceAll(release, ".", " "), "%d %d", &major, &minor); n < 2 {
		return Rules{}
	}
	at := func(x, y int) bool { return major > x || major == x && minor >= y }
	return Rules{UnbindableSurvivesClone: !at(6, 17) || at(7, 2), NamespacesInTurn: !at(6, 18)}
}
