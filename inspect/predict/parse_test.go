package predict

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for text, want := range map[string][]Ask{
		"mount tmpfs /a":              {{Op: Op{Kind: OpMount, FSType: "tmpfs", Source: "tmpfs", Dst: "/a"}, Text: "mount tmpfs /a"}},
		"bind /a /b;rbind /c /d ; ":   {{Op: Op{Kind: OpBind, Src: "/a", Dst: "/b"}, Text: "bind /a /b"}, {Op: Op{Kind: OpBind, Src: "/c", Dst: "/d", Recursive: true}, Text: "rbind /c /d"}},
		`move "/my dir" /b\ c`:        {{Op: Op{Kind: OpMove, Src: "/my dir", Dst: "/b c"}, Text: `move "/my dir" /b\ c`}},
		"@web umount -l /a":           {{Target: "web", Op: Op{Kind: OpUmount, Dst: "/a", Lazy: true}, Text: "@web umount -l /a"}},
		"rbind --idmap /a /b":         {{Op: Op{Kind: OpBind, Src: "/a", Dst: "/b", Recursive: true, Detached: true, IDMap: true}, Text: "rbind --idmap /a /b"}},
		"umount -R -l /a":             {{Op: Op{Kind: OpUmount, Dst: "/a", Lazy: true, Recursive: true}, Text: "umount -R -l /a"}},
		"beneath /a '/b;c'":           {{Op: Op{Kind: OpMove, Src: "/a", Dst: "/b;c", Beneath: true}, Text: "beneath /a '/b;c'"}},
		"make-rslave /":               {{Op: Op{Kind: OpMake, Type: Slaved, Recursive: true, Dst: "/"}, Text: "make-rslave /"}},
		"make-shared /":               {{Op: Op{Kind: OpMake, Type: Shared, Dst: "/"}, Text: "make-shared /"}},
		"remount ro,exec,rw,nodev /a": {{Op: Op{Kind: OpRemount, Flags: NoDev, Clear: ReadOnly | NoExec, Dst: "/a"}, Text: "remount ro,exec,rw,nodev /a"}},
		"unshare --user; pivot /n /n/o": {
			{Op: Op{Kind: OpUnshare, NewUser: true}, Text: "unshare --user"},
			{Op: Op{Kind: OpPivot, Src: "/n", Dst: "/n/o"}, Text: "pivot /n /n/o"},
		},
		"chroot /a; set-group /b /c": {{Op: Op{Kind: OpChroot, Dst: "/a"}, Text: "chroot /a"}, {Op: Op{Kind: OpSetGroup, Src: "/b", Dst: "/c"}, Text: "set-group /b /c"}},
		"umount '-l'":                nil, // a word in quotes is no option, and no path
	} {
		got, err := Parse(text)
		if diff := cmp.Diff(want, got); diff != "" || (want == nil) == (err == nil) {
			t.Errorf("%s: %v, -want +got\n%s", text, err, diff)
		}
	}
}

// Every name is an operation, and says what follows it.
func TestNames(t *testing.T) {
	for _, name := range Names() {
		if v, ok := verbOf(name); !ok || v.want != Usage(name) || v.want == "" {
			t.Errorf("%s: %v %q", name, ok, v.want)
		}
	}
	for _, name := range []string{"", "make-", "make-r", "make-rr", "make-rrshared", "make-sshared", "mak", "make-slaved"} {
		if _, ok := verbOf(name); ok {
			t.Errorf("%q is an operation", name)
		}
	}
}

// Where a text is no operation is said by its column.
func TestParseError(t *testing.T) {
	for text, want := range map[string]int{
		"":                          1,
		"  ":                        3,
		"mont tmpfs /a":             1,
		"mount tmpfs":               12,
		"mount tmpfs a":             13,
		"bind /ä /b /c":             12,
		"bind /a /b; move /c":       20,
		"bind /a /b;; umount /a":    12,
		"umount -x /a":              8,
		"unshare --net":             9,
		"@ umount /a":               1,
		"@web":                      5,
		"umount 'a":                 8,
		"remount fast /a":           9,
		"mount tmpfs /a; unshare x": 25,
	} {
		got, err := Parse(text)
		var e *ParseError
		if !errors.As(err, &e) || e.Column != want || got != nil {
			t.Errorf("%q: %v, %v, want column %d", text, got, err, want)
		}
	}
}

// The words of a command line keep their spaces; a word that holds operations
// is taken apart.
func TestLine(t *testing.T) {
	for want, args := range map[string][]string{
		"mount tmpfs /a":                                   {"mount", "tmpfs", "/a"},
		"mount tmpfs '/my dir'":                            {"mount", "tmpfs", "/my dir"},
		"umount /a ; umount /b":                            {"umount", "/a", ";", "umount", "/b"},
		"umount /a; umount /b":                             {"umount", "/a;", "umount", "/b"},
		"bind /a /b;move /c /d umount /e":                  {"bind /a /b;move /c /d", "umount", "/e"},
		"unshare; umount /a":                               {"unshare; umount /a"},
		"@web umount /a":                                   {"@web umount /a"},
		`umount '/it'\''s' ''`:                             {"umount", "/it's", ""},
		"mount tmpfs '/a mount tmpfs /b'":                  {"mount", "tmpfs", "/a mount tmpfs /b"},
		"bin /a":                                           {"bin /a"},
		"umount /a; moove /a /b":                           {"umount", "/a;", "moove /a /b"},
		"bind '/bind me' 'nothing to say'":                 {"bind", "/bind me", "nothing to say"},
		"bind /a /b ; rbind /a '/c;d' ; @5 unshare --user": {"bind /a /b", ";", "rbind", "/a", "/c;d", ";", "@5 unshare --user"},
	} {
		if got := Line(args); got != want {
			t.Errorf("%q: %s, want %s", args, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("mount tmpfs /a; @web umount -l '/b c'")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := Parse(text)
		var e *ParseError
		if err != nil && (!errors.As(err, &e) || e.Column < 1 || e.Column > len(text)+1) {
			t.Errorf("%q: %v", text, err)
		}
		for _, a := range list {
			if _, err := Parse(a.Text); err != nil {
				t.Errorf("%q of %q: %v", a.Text, text, err)
			}
		}
	})
}
