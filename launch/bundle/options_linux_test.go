package bundle

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/launch"
)

func TestParseOptions(t *testing.T) {
	for text, want := range map[string]Options{
		"rbind rslave nosuid": {
			Bind: true, Recursive: true, Mount: launch.Attributes{Set: unix.MOUNT_ATTR_NOSUID},
			Propagation: []launch.Request{{Change: launch.Slave, Recursive: true}},
		},
		"bind ro rw": {Bind: true, Mount: launch.Attributes{Clear: unix.MOUNT_ATTR_RDONLY}},
		"ro sync mode=755 size=64k": {
			Mount: launch.Attributes{Set: unix.MOUNT_ATTR_RDONLY}, Super: []string{"ro", "sync"}, Data: []string{"mode=755", "size=64k"},
		},
		"sync async dirsync": {Super: []string{"dirsync"}},
		"rro rnosuid nodev": {
			Mount: launch.Attributes{Set: unix.MOUNT_ATTR_NODEV},
			Tree:  launch.Attributes{Set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID},
		},
		"noatime strictatime nodiratime": {
			Mount: launch.Attributes{Set: unix.MOUNT_ATTR_STRICTATIME | unix.MOUNT_ATTR_NODIRATIME, Clear: unix.MOUNT_ATTR__ATIME},
		},
		"rrelatime": {Tree: launch.Attributes{Clear: unix.MOUNT_ATTR__ATIME}},
		"private shared": {
			Propagation: []launch.Request{{Change: launch.Private}, {Change: launch.Shared}},
		},
		"lowerdir=/a:/b,upperdir=/u xino": {Data: []string{"lowerdir=/a:/b", "upperdir=/u", "xino"}},
		"idmap":                           {IDMap: IDMap},
		"remount ridmap unchanged":        {Remount: true, IDMap: RecursiveIDMap, Data: []string{"unchanged"}},
		"defaults loud iversion":          {Data: []string{"i_version"}},
	} {
		got, err := ParseOptions(strings.Fields(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for text, want := range map[string]string{"ro tmpcopyup": "a tmpfs starts empty", "ro a\x00b": "NUL"} {
		if _, err := ParseOptions(strings.Fields(text)); err == nil || err.Index != 1 || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
