package snapshot

import "fmt"

// Validate refuses what no host can have given: two of what exists once, ids
// out of range, and mounts whose parents go round in a circle. What comes from
// a live kernel needs no check.
func (s *Snapshot) Validate() error {
	if err := s.validateNamespaces(); err != nil {
		return err
	}
	pids := make(map[int]bool, len(s.Processes))
	for i := range s.Processes {
		pid := s.Processes[i].PID
		if pid <= 0 || pid > maxPID || pids[pid] {
			return fmt.Errorf("process %d is there twice, or is no process id", pid)
		}
		pids[pid] = true
	}
	type whose struct {
		ns  uint64
		pid int
	}
	tables := make(map[whose]bool, len(s.Tables))
	for i := range s.Tables {
		w := whose{s.Tables[i].NS.Ino, s.Tables[i].PID}
		if tables[w] {
			return fmt.Errorf("mount table of %s is there twice", tableName(s.Tables[i]))
		}
		tables[w] = true
		if err := s.Tables[i].validate(); err != nil {
			return fmt.Errorf("mount table of %s: %w", tableName(s.Tables[i]), err)
		}
	}
	return nil
}

// maxPID is the most that /proc/sys/kernel/pid_max takes (proc(5)).
const maxPID = 1 << 22

func (s *Snapshot) validateNamespaces() error {
	seen := make(map[uint64]bool, len(s.Namespaces))
	for i := range s.Namespaces {
		n := &s.Namespaces[i]
		if n.Type >= NumTypes {
			return fmt.Errorf("namespace %d is of no known type", n.ID.Ino)
		}
		if n.ID.Ino == 0 || seen[n.ID.Ino] {
			return fmt.Errorf("namespace %s is there twice, or has no number", nsName(*n))
		}
		seen[n.ID.Ino] = true
	}
	return nil
}

func (t *Table) validate() error {
	parent := make(map[MountID]MountID, len(t.Mounts))
	for i := range t.Mounts {
		m := &t.Mounts[i]
		if _, twice := parent[m.ID]; twice {
			return fmt.Errorf("mount %d is there twice", m.ID)
		}
		if m.ID >= 1<<31 || m.Parent >= 1<<31 {
			return fmt.Errorf("mount %d on %d: mount ids have 31 bits", m.ID, m.Parent)
		}
		parent[m.ID] = m.Parent
	}
	return circle(t.Mounts, parent)
}

// circle follows every mount to its root. A mount on itself is a root.
func circle(mounts []Mount, parent map[MountID]MountID) error {
	const walking, done = 1, 2
	state := make(map[MountID]int, len(parent))
	for i := range mounts {
		var path []MountID
		at := mounts[i].ID
		for state[at] == 0 {
			up, in := parent[at]
			state[at] = walking
			path = append(path, at)
			if !in || up == at {
				break
			}
			if at = up; state[at] == walking {
				return fmt.Errorf("mount %d is mounted below itself", at)
			}
		}
		for _, p := range path {
			state[p] = done
		}
	}
	return nil
}
