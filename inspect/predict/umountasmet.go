package predict

import "slices"

// spreadUmountAsMet finds what else is unmounted before Linux 6.17, which
// decides on each counterpart as it meets it (__propagate_umount in fs/pnode.c):
// one that holds nothing but what covers all of it goes, and then its parent is
// looked at again. What is locked is passed as if it went, and does where its
// parent goes.
func (s *State) spreadUmountAsMet(set []int32) []int32 {
	u := meeting{umounting: umounting{State: s, from: map[int32]receiver{}}}
	for _, m := range slices.Backward(set) {
		if u.is(m, candidate) {
			continue
		}
		u.set(m, candidate)
		for _, r := range u.receivers(u.mounts[m].parent) {
			c := u.counterpart(m, r)
			if c == 0 || u.is(c, candidate|doomed) {
				continue
			}
			u.from[c] = r
			u.candidates = append(u.candidates, c)
			for p := c; u.meet(p); {
				if p = u.mounts[p].parent; !u.is(p, candidate) {
					break
				}
			}
		}
	}
	u.finish()
	for _, m := range set {
		u.clear(m, candidate)
	}
	return u.going
}

// meeting is the state while counterparts are met: those looked at are marked as
// candidates, and those that would go but for a lock as passed.
type meeting struct {
	umounting
	stay []int32 // to be looked at in the end, in this order
}

// meet decides on a counterpart, and says whether that changes what holds for its
// parent.
func (u *meeting) meet(m int32) bool {
	if u.is(m, doomed|passed) {
		return false
	}
	over := u.mounts[m].root
	for c := range u.children(m) {
		if u.mounts[c].at != over && !u.is(c, passed) {
			u.remain(m)
			return false
		}
	}
	if u.is(m, locked) {
		u.set(m, passed)
		u.remain(m)
	} else {
		u.take(m)
	}
	return true
}

// remain puts a mount at the end of those that may stay.
func (u *meeting) remain(m int32) {
	u.set(m, candidate)
	if i := slices.Index(u.stay, m); i >= 0 {
		u.stay = slices.Delete(u.stay, i, i+1)
	}
	u.stay = append(u.stay, m)
}

// finish takes what is locked to what goes, and puts what covers that where it
// was mounted (umount_list, restore_mounts).
func (u *meeting) finish() {
	for i := 0; i < len(u.going); i++ {
		over := u.mounts[u.going[i]].root
		for c := range u.children(u.going[i]) {
			if u.mounts[c].at == over {
				u.remain(c)
			} else {
				u.take(c)
			}
		}
	}
	for _, m := range u.stay {
		if u.is(m, doomed) {
			continue
		}
		u.clear(m, candidate|passed)
		if u.is(u.mounts[m].parent, doomed) {
			u.slideDown(m)
		}
	}
	for _, c := range u.candidates {
		if !u.is(c, doomed) {
			u.skip(c, u.why(c))
		}
	}
}
