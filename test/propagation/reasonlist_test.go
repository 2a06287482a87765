//go:build linux

package propagation_test

// reasons are the links that can be broken, each staged in two namespaces.
var reasons = []reason{
	{
		name: "a peer", base: "mount --make-shared .", from: "/a", to: "/a",
		verdict: "yes", reason: "travels",
	},
	{
		name: "private at the source's parent", base: "mount --make-shared .", late: "mount --make-private .", from: "", to: "",
		verdict: "no", reason: "source-private", words: []string{"is not a shared mount", "mount --make-shared"},
	},
	{
		name: "no mount on a private one", from: "/a/x", to: "/a/x",
		verdict: "no", reason: "source-not-a-shared-mount", words: []string{"is not a shared mount", "mount --bind", "mount --make-shared"},
	},
	{
		name: "unbindable", base: "mount --make-unbindable .", from: "/a", to: "/a",
		verdict: "no", reason: "source-unbindable", words: []string{"unbindable", "mount --make-shared"},
	},
	{
		name: "a slave sends nothing back", base: "mount --make-shared .", second: "mount --make-slave .", back: true, from: "/a", to: "/a",
		verdict: "no", reason: "slave-does-not-send", words: []string{"is not a shared mount", "--propagation shared", "mount ..."},
	},
	{
		name: "down from a master to its slave", base: "mount --make-shared .", second: "mount --make-slave .", from: "/a", to: "/a",
		verdict: "yes", reason: "travels",
	},
	{
		name: "a less privileged user namespace", base: "mount --make-shared .", kind: byUser, back: true, from: "/a", to: "/a",
		verdict: "no", reason: "less-privileged-user-namespace", words: []string{"less privileged", "mount ..."},
	},
	{
		name: "into a less privileged user namespace", base: "mount --make-shared .", kind: byUser, from: "/a", to: "/a",
		verdict: "yes", reason: "travels",
	},
	{
		name: "only a lower directory is joined", base: "mount --make-shared .",
		second: "mount --bind a/x c; mount --make-private .; mount --bind a/y b", from: "/b", to: "/c",
		verdict: "no", reason: "root-does-not-cover", words: []string{"/a/x", "--propagation slave"},
	},
	{
		name: "the receiver is private", base: "mount --make-shared .", second: "mount --make-private .", from: "/a", to: "/a",
		verdict: "no", reason: "receiver-private", words: []string{"unshare -m --propagation slave", "nsenter"},
	},
	{
		name: "different groups", base: "mount --make-shared .", second: "mount --make-private .; mount --make-shared .", from: "/a", to: "/a",
		verdict: "no", reason: "different-group",
	},
	{
		name: "beside a mount", base: "mount --make-shared .", second: "mount --make-private .; mount -t tmpfs other a", from: "/b", to: "/a",
		verdict: "no", reason: "receiver-private",
	},
	{
		name: "covered at the receiver", base: "mount --make-shared .", second: "mount --make-slave .; mount -t tmpfs over a; mkdir a/x", from: "/a", to: "/a",
		verdict: "no", reason: "receiver-covered", words: []string{"umount"},
	},
	{
		name: "covered above the receiver", base: "mount --make-shared .", second: "mount --make-slave .; mount -t tmpfs over a; mkdir a/x", from: "/a/x", to: "/a/x",
		verdict: "no", reason: "receiver-covered", words: []string{"umount"},
	},
	{
		name: "at another path", base: "mount --make-shared .", second: "mount --bind a b; mount --make-private .", from: "/a/x", to: "/a/x",
		verdict: "no", reason: "appears-elsewhere", words: []string{"/b/x"},
	},
	{
		name: "bound non-recursively before", base: "mount --make-shared .; mkdir a/m; mount -t tmpfs early a/m",
		second: "mount --bind a b", from: "/a/m", to: "/b/m",
		verdict: "no", reason: "appears-elsewhere", now: "bound-non-recursively", nowWords: []string{"not recursive", "--rbind"},
	},
	{
		name: "left out because unbindable", base: "mount --make-shared .; mkdir a/m; mount -t tmpfs early a/m; mount --make-unbindable a/m; mount --rbind a b",
		from: "/a/m", to: "/b/m", kind: byFile,
		verdict: "no", reason: "source-unbindable",
	},
	{
		name: "unmounted there since", base: "mount --make-shared .; mkdir a/m; mount -t tmpfs early a/m",
		second: "mount --make-rslave .; umount a/m", from: "/a/m", to: "/a/m",
		verdict: "no", reason: "other-file-system", now: "unmounted-there", nowWords: []string{"unmounted there since"},
	},
	{
		name: "a file", base: "mount --make-shared .", from: "/a/f", to: "/a/f",
		verdict: "yes", reason: "travels",
	},
	{
		name: "a deleted directory", base: "mount --make-shared .; mkdir gone; mount --bind gone a", second: "rmdir gone", from: "/a", to: "/a",
		verdict: "no", reason: "source-deleted",
	},
}
