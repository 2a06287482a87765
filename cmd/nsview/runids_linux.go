package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"

	"github.com/nsview/nsview/launch"
	"github.com/nsview/nsview/launch/subid"
)

// usualIDs are as many as a system with users of its own needs.
const usualIDs = 65536

// mapIDs decides who is who in a new user namespace.
func (nf *nsFlags) mapIDs(spec *launch.Spec, ordinary bool) error {
	uid, gid := os.Geteuid(), os.Getegid()
	one := func() {
		spec.UIDs = []launch.IDMap{{Inside: 0, Outside: uid, Size: 1}}
		spec.GIDs = []launch.IDMap{{Inside: 0, Outside: gid, Size: 1}}
	}
	switch nf.idMap {
	case "one":
		one()
		return nil
	case "auto":
		if !ordinary {
			// Nobody but root: the ids are the host's, the rights are not.
			spec.UIDs = []launch.IDMap{{Inside: 0, Outside: 0, Size: usualIDs}}
			spec.GIDs, spec.Setgroups = spec.UIDs, true
			return nil
		}
		if nf.ranges(spec, uid, gid) != nil {
			one()
		}
		return nil
	case "subuid":
		if err := nf.ranges(spec, uid, gid); err != nil {
			return fmt.Errorf("map the ids of the user namespace: %w", err)
		}
		return nil
	}
	maps, err := parseIDMaps(nf.idMap)
	if err != nil {
		return fmt.Errorf("read the command line: --userns-map: %w", err)
	}
	spec.UIDs, spec.GIDs, spec.Setgroups = maps, maps, !ordinary
	spec.Foreign = !ordinary && !launch.RootIsRoot(maps)
	return nil
}

// ranges maps the caller to root, and what the host grants to the ids above.
func (nf *nsFlags) ranges(spec *launch.Spec, uid, gid int) error {
	name := ""
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	var maps [2][]launch.IDMap
	for i, f := range []struct {
		file string
		own  int
	}{{"/etc/subuid", uid}, {"/etc/subgid", gid}} {
		list, err := subid.Of(f.file, name, uid)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			who := cmp.Or(name, strconv.Itoa(uid))
			return hinted{
				fmt.Errorf("%s grants no range to %s", f.file, who),
				fmt.Sprintf("root can grant one: echo %s:100000:%d >>%s; or be the only user: --userns-map one", who, usualIDs, f.file),
			}
		}
		maps[i] = []launch.IDMap{{Inside: 0, Outside: f.own, Size: 1}}
		for next, j := 1, 0; j < len(list); j++ {
			maps[i] = append(maps[i], launch.IDMap{Inside: next, Outside: list[j].First, Size: list[j].Count})
			next += list[j].Count
		}
	}
	var tools launch.MapTools
	var err error
	if tools.UID, err = exec.LookPath("newuidmap"); err == nil {
		tools.GID, err = exec.LookPath("newgidmap")
	}
	if err != nil {
		return hinted{errors.New("newuidmap and newgidmap are not in PATH"), "they are in the package uidmap or shadow-utils; or be the only user: --userns-map one"}
	}
	spec.UIDs, spec.GIDs, spec.MapTools, spec.Setgroups = maps[0], maps[1], tools, true
	return nil
}

// parseIDMaps reads INSIDE:OUTSIDE:SIZE;...
func parseIDMaps(text string) ([]launch.IDMap, error) {
	var list []launch.IDMap
	for one := range strings.SplitSeq(text, ";") {
		var n [3]int
		parts := strings.Split(one, ":")
		for i := range parts {
			v, err := strconv.ParseUint(parts[i], 10, 32)
			if err != nil || len(parts) != len(n) {
				return nil, fmt.Errorf("a mapping is INSIDE:OUTSIDE:SIZE, not %q", one)
			}
			n[i] = int(v)
		}
		list = append(list, launch.IDMap{Inside: n[0], Outside: n[1], Size: n[2]})
	}
	return list, nil
}
