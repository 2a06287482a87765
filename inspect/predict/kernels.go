package predict

import (
	"fmt"
	"slices"
	"strings"
)

// RulesOf are the rules of a kernel by its release, as uname(2) tells it:
// "6.18.44-1-amd64". One that cannot be read has those of Linux 6.18, and one after
// 7.3 those of 7.3, the last that was asked. The first two numbers decide: a
// distribution that keeps them and takes over what is newer, as Red Hat does with
// 5.14 and 4.18, may have rules of later kernels that its release does not tell;
// scripts/oracle-on shows it.
func RulesOf(release string) Rules {
	var major, minor int
	if n, _ := fmt.Sscanf(strings.ReplaceAll(release, ".", " "), "%d %d", &major, &minor); n < 2 {
		return Rules{}
	}
	at := func(x, y int) bool { return major > x || major == x && minor >= y }
	var unmapped []string
	for fstype, since := range idMapsSince {
		if !at(since[0], since[1]) {
			unmapped = append(unmapped, fstype)
		}
	}
	slices.Sort(unmapped)
	return Rules{
		NoIDMaps:                unmapped,
		UnbindableSurvivesClone: !at(6, 17) || at(7, 2),
		UmountsAsMet:            !at(6, 17),
		ShadowMounts:            !at(6, 17),
		BeneathRootAndLocked:    at(7, 1),
		BusyVictims:             at(7, 2),
		CoveredKeepsLock:        at(7, 2),
		CoveringLocked:          !at(5, 11),
		CoveringUnsure:          !at(6, 1),
		UnbindableJoinsNot:      at(7, 2),
		BeneathTop:              !at(6, 17),
		PlaceInvalid:            !at(6, 12),
		PlaceFirst:              !at(6, 18),
		BindElsewhereIgnored:    at(6, 17) && !at(6, 18),
		RetypeElsewhereRefused:  !at(6, 17),
		NoBeneath:               !at(6, 5),
		NoSetGroup:              !at(5, 15),
		NoSetattr:               !at(5, 12),
		NamespacesInTurn:        !at(6, 18),
	}
}

// idMapsSince says with which Linux a type of file system began to take maps of
// ids (FS_ALLOW_IDMAP): mount_setattr(2).
var idMapsSince = map[string][2]int{
	"btrfs": {5, 15}, "ntfs3": {5, 15}, "f2fs": {5, 18}, "erofs": {5, 19}, "squashfs": {6, 2}, "tmpfs": {6, 3},
}
