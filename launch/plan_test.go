//go:build linux

package launch

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

func TestPlanPrints(t *testing.T) {
	score := -5
	spec := Spec{
		Namespaces: Mount | PID | User,
		UIDs:       []IDMap{{0, 1000, 1}, {1, 100000, 65536}},
		GIDs:       []IDMap{{0, 1000, 1}},
		Root:       Request{Slave, true},
		Calls: []MountCall{
			{Source: "tmpfs", Target: "/mnt", FSType: "tmpfs", Flags: unix.MS_NOSUID | unix.MS_NODEV, Data: "size=1m"},
			BindCall("/usr", "/mnt/usr", true),
			{Target: "/mnt/usr", Flags: unix.MS_REMOUNT | unix.MS_BIND | unix.MS_RDONLY | 1<<33},
			Make("/mnt", Request{Shared, false}),
			BindCall("/a\x1b[31m b", "/mnt/\xff", false),
		},
		Chroot: "/mnt", Dir: "/usr",
		User:        &Credentials{UID: 5, GID: 6},
		Confinement: Confinement{OOMScoreAdj: &score},
		Args:        []string{"sh", "-c", "echo hi"},
	}
	steps, err := Plan(spec)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, s := range steps {
		got.WriteString(s.String() + "\n")
	}
	want := `clone(CLONE_NEWNS|CLONE_NEWUSER|CLONE_NEWPID|SIGCHLD) uid_map=0:1000:1, 1:100000:65536 gid_map=0:1000:1
write("/proc/self/oom_score_adj", "-5")
mount("", "/", "", MS_REC|MS_SLAVE, "")
mount("tmpfs", "/mnt", "tmpfs", MS_NOSUID|MS_NODEV, "size=1m")
mount("/usr", "/mnt/usr", "", MS_BIND|MS_REC, "")
mount("", "/mnt/usr", "", MS_REMOUNT|MS_BIND|MS_RDONLY|0x200000000, "")
mount("", "/mnt", "", MS_SHARED, "")
mount("/a\x1b[31m b", "/mnt/\xff", "", MS_BIND, "")
chroot("/mnt")
chdir("/")
chdir("/usr")
setgid(6)
setuid(5)
execve("sh", ["sh", "-c", "echo hi"])
`
	if d := cmp.Diff(want, got.String()); d != "" {
		t.Error(d)
	}
}

func TestPlanOfNothingNewIsSmall(t *testing.T) {
	steps, err := Plan(Spec{Args: []string{"true"}, User: &Credentials{Groups: []int{3, 4}}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"clone(SIGCHLD)", "setgroups([3, 4])", "setgid(0)", "setuid(0)", `execve("true", ["true"])`}
	var got []string
	for _, s := range steps {
		got = append(got, s.String())
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestPlanRefuses(t *testing.T) {
	command := []string{"true"}
	for want, spec := range map[string]Spec{
		"no command":                      {},
		"no such namespaces: 0x1":         {Args: command, Namespaces: 1},
		"mapped in a new user namespace":  {Args: command, UIDs: []IDMap{{0, 0, 1}}},
		"would be the caller's own":       {Args: command, Root: Request{Change: Private}},
		"without a new mount namespace":   {Args: command, Calls: []MountCall{BindCall("/a", "/b", false)}},
		"no such propagation: change(77)": {Args: command, Namespaces: Mount, Root: Request{Change: 77}},
		`"b" does not start with /`:       {Args: command, Namespaces: Mount, Calls: []MountCall{BindCall("/a", "b", false)}},
		"a mount without target":          {Args: command, Namespaces: Mount, Calls: []MountCall{{}}},
		`"/a\x00b" has a NUL`:             {Args: command, Chroot: "/a\x00b"},
		"supplementary groups":            {Args: command, Namespaces: User, User: &Credentials{Groups: []int{1}}},
	} {
		_, err := Plan(spec)
		if err == nil || !strings.HasPrefix(err.Error(), "plan the launch: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestRequestsAreReadAsTheyAreWritten(t *testing.T) {
	for c := range changeNames {
		for _, r := range []Request{{Change(c), false}, {Change(c), Change(c) != Unchanged}} {
			back, err := ParseRequest(r.String())
			if err != nil || back != r {
				t.Errorf("%v: read back as %v, %v", r, back, err)
			}
		}
	}
	for _, bad := range []string{"", "r", "runchanged", "shared:12", "rrslave"} {
		if r, err := ParseRequest(bad); err == nil {
			t.Errorf("%q was read as %v", bad, r)
		}
	}
	if f := (Request{Slave, true}).Flags(); f != unix.MS_REC|unix.MS_SLAVE {
		t.Errorf("rslave is %v", f)
	}
}

// What the child reads of a plan is what was sent, whatever bytes are in it:
// every action, every field.
func TestPlansSurviveThePipe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := actions()
		p := plan{First: rapid.IntRange(1, 99).Draw(t, "first"), Watched: rapid.Bool().Draw(t, "watched")}
		for range rapid.IntRange(0, 9).Draw(t, "steps") {
			i := rapid.IntRange(-1, len(all)-1).Draw(t, "action")
			if i < 0 {
				p.Steps = append(p.Steps, sent{})
				continue
			}
			v := reflect.New(reflect.TypeOf(all[i]).Elem())
			fill(t, v.Elem())
			p.Steps = append(p.Steps, sent{Kind: kindOf(all[i]), Action: v.Interface().(childAction)})
		}
		wire := p.encode()[4:]
		back, err := decodePlan(wire)
		if err != nil || !cmp.Equal(p, back) {
			t.Fatalf("%v\n%s", err, cmp.Diff(p, back))
		}
		cut := rapid.IntRange(0, len(wire)-1).Draw(t, "cut")
		if part, err := decodePlan(wire[:cut]); err == nil {
			t.Fatalf("a plan cut at %d of %d was taken for whole: %v", cut, len(wire), part)
		}
	})
}

// fill gives every field any value.
func fill(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(int64(rapid.Int32().Draw(t, "int")))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(rapid.Uint8().Draw(t, "uint")))
	case reflect.String:
		v.SetString(string(rapid.SliceOf(rapid.Byte()).Draw(t, "text")))
	case reflect.Slice:
		if n := rapid.IntRange(0, 3).Draw(t, "length"); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fill(t, v.Index(i))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	default:
		t.Fatalf("a %s in an action", v.Type())
	}
}

func TestStepErrorsKeepTheirErrno(t *testing.T) {
	steps, err := Plan(Spec{Namespaces: Mount, Root: Request{Slave, true}, Args: []string{"true"}})
	if err != nil {
		t.Fatal(err)
	}
	err = stepError(steps, 2, unix.EINVAL)
	if !errors.Is(err, unix.EINVAL) {
		t.Errorf("%v is not EINVAL", err)
	}
	if got, want := err.Error(), `step 2, mount("", "/", "", MS_REC|MS_SLAVE, ""): invalid argument`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
