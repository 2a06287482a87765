package launch

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// MappedTree is a [CloneTree] whose files show other owners. The caller takes
// it: the right to do so is that over the file system, which a new user
// namespace does not have.
type MappedTree struct {
	CloneTree
	IDMapping
}

// Call is "mount_setattr".
func (m *MappedTree) Call() Call { return "mount_setattr" }

// FlagNames is the attribute.
func (m *MappedTree) FlagNames() string {
	if m.IDMapping.Recursive {
		return "AT_RECURSIVE, set MOUNT_ATTR_IDMAP"
	}
	return "set MOUNT_ATTR_IDMAP"
}

// String is mount_setattr(open_tree("/srv", OPEN_TREE_CLONE), set MOUNT_ATTR_IDMAP, uids 0:1000:1, gids 0:1000:1) = bind1.
func (m *MappedTree) String() string {
	tree, _, _ := strings.Cut(m.CloneTree.String(), " = ")
	return fmt.Sprintf("mount_setattr(%s, %s, uids %s, gids %s) = %s", tree, m.FlagNames(), mapText(m.UIDs), mapText(m.GIDs), m.To)
}

func mapText(maps []IDMap) string {
	texts := make([]string, len(maps))
	for i, m := range maps {
		texts[i] = fmt.Sprintf("%d:%d:%d", m.Inside, m.Outside, m.Size)
	}
	return strings.Join(texts, ",")
}

func (m *MappedTree) slot() string { return m.To }

// inParent takes the tree and maps it.
func (m *MappedTree) inParent(int) (int, error) {
	tree, err := unix.OpenTree(unix.AT_FDCWD, m.Path, m.flags())
	if err != nil {
		return -1, refused("open_tree", quoted(m.Path), err)
	}
	ns, err := userNamespace(m.IDMapping)
	if err != nil {
		_ = unix.Close(tree)
		return -1, err
	}
	defer ns.Close()
	flags := uint(unix.AT_EMPTY_PATH)
	if m.IDMapping.Recursive {
		flags |= unix.AT_RECURSIVE
	}
	if err := unix.MountSetattr(tree, "", flags, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(ns.Fd())}); err != nil {
		_ = unix.Close(tree)
		return -1, refused("mount_setattr", "MOUNT_ATTR_IDMAP", err)
	}
	return tree, nil
}

// userNamespace makes a user namespace that holds a mapping and nobody. A
// process makes it, which waits for a plan that never comes.
func userNamespace(m IDMapping) (*os.File, error) {
	var t talk
	if err := t.open(); err != nil {
		return nil, err
	}
	cmd := &exec.Cmd{
		Path: self, Args: []string{childName}, ExtraFiles: []*os.File{t.theirs},
		SysProcAttr: &syscall.SysProcAttr{
			Cloneflags: unix.CLONE_NEWUSER, UidMappings: mappings(m.UIDs), GidMappings: mappings(m.GIDs),
		},
	}
	err := cmd.Start()
	if err != nil {
		t.close()
		return nil, refused("clone", "CLONE_NEWUSER, to map the owners of files", bare(err))
	}
	ns, err := os.Open(fmt.Sprintf("/proc/%d/ns/user", cmd.Process.Pid))
	t.close()
	_ = cmd.Wait() // it ends with the conversation
	return ns, err
}
