package world

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nsview/nsview/inspect/snapshot"
)

const (
	idA = "ba54f3f7f961d1e6f4c5b2f9b1d0c8e7a6958473625140392817060504030201"
	idB = "0f99ad5f45163ed14ab8eaf92ed34bb4a631d007f8755a7d79be614bcb0df0ef"
	uid = "2ca4a155-3599-498d-bb9d-4446693fa3ea"
)

type cgroupCase struct{ where, text, want string }

// cgroupCases reads testdata/cgroups.txt, whose head says how it is written.
func cgroupCases(tb testing.TB) []cgroupCase {
	tb.Helper()
	data, err := os.ReadFile("testdata/cgroups.txt")
	if err != nil {
		tb.Fatal(err)
	}
	var cases []cgroupCase
	for _, block := range strings.Split(string(data), "\n\n")[1:] {
		head, body, _ := strings.Cut(block, "\n")
		text, want, ok := strings.Cut("\n"+body, "\n=")
		if !ok {
			tb.Fatalf("no answer in %q", block)
		}
		cases = append(cases, cgroupCase{head, text, strings.TrimSpace(want)})
	}
	return cases
}

func TestOwnerOf(t *testing.T) {
	for _, c := range cgroupCases(t) {
		if got := OwnerOf(c.text).String(); got != c.want {
			t.Errorf("%s%s\nowner is %q, want %q", c.where, c.text, got, c.want)
		}
	}
}

func TestOwnerFields(t *testing.T) {
	slice := "/kubepods.slice/kubepods-pod" + strings.ReplaceAll(uid, "-", "_") + ".slice/"
	for text, want := range map[string]Owner{
		"0::/docker/" + idA: {Kind: OwnerContainer, Engine: "docker", ID: idA},
		"0::/batch/" + idA:  {Kind: OwnerContainer, ID: idA},
		"0::" + slice + "cri-containerd-" + idA + ".scope": {Kind: OwnerContainer, Engine: "containerd", ID: idA, PodUID: uid},
		"0::" + slice + "crio-conmon-" + idA + ".scope":    {Kind: OwnerContainer, Engine: "crio", ID: idA, PodUID: uid, Monitor: true},
		"0::" + slice: {Kind: OwnerPod, PodUID: uid},
		"0::/lxc.payload.web/system.slice/a.service": {Kind: OwnerContainer, Engine: "lxc", ID: "web", Name: "web", Unit: "a.service"},
		`0::/system.slice/a\x2db.service`:            {Kind: OwnerUnit, Unit: `a\x2db.service`},
		"0::/system.slice/snap.lxd.daemon.service":   {Kind: OwnerSnap, Engine: "snap", Name: "lxd.daemon", Unit: "snap.lxd.daemon.service"},
		"0::/user.slice/user@7.service/a.service":    {Kind: OwnerUnit, Unit: "a.service", User: "7"},
		"0::/": {},
	} {
		if diff := cmp.Diff(want, OwnerOf(text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestOwnerNamed(t *testing.T) {
	pod := "0::/kubepods/pod" + uid + "/" + idA
	for _, c := range []struct {
		text  string
		named snapshot.Container
		want  string
	}{
		{"0::/docker/" + idA, snapshot.Container{Engine: "docker", ID: idA, Name: "c1"}, "docker:c1"},
		{"0::/batch/" + idA, snapshot.Container{Engine: "docker", ID: idA, Name: "c1"}, "docker:c1"},
		{"0::/docker/" + idA, snapshot.Container{Engine: "docker", ID: idB, Name: "c2"}, "docker:ba54f3f7f961"},
		{"0::/docker/" + idA, snapshot.Container{Engine: "podman", ID: idA, Name: "c1"}, "docker:ba54f3f7f961"},
		{"0::/docker/" + idA, snapshot.Container{Engine: "docker", ID: idA}, "docker:ba54f3f7f961"},
		{"0::/machine.slice/libpod-conmon-" + idA + ".scope", snapshot.Container{Engine: "podman", ID: idA, Name: "db"}, "podman:db (monitor)"},
		{pod, snapshot.Container{Engine: "containerd", ID: idA, Name: "coredns", Pod: "kube-system/coredns-x2x7q"}, "pod:kube-system/coredns-x2x7q/coredns"},
		{pod, snapshot.Container{Engine: "containerd", ID: idA, Pod: "kube-system/coredns-x2x7q"}, "pod:kube-system/coredns-x2x7q"},
		{"0::/docker/" + idA, snapshot.Container{Engine: "docker", ID: idA, Name: "a", Pod: "ns/p", PodUID: uid}, "pod:ns/p/a"},
		{"0::/lxc.payload.prod_db", snapshot.Container{Engine: "incus", ID: "prod_db", Name: "prod/db"}, "incus:prod/db"},
		{"0::/system.slice/a.service", snapshot.Container{}, "a.service"},
	} {
		if got := OwnerOf(c.text).Named(c.named).String(); got != c.want {
			t.Errorf("%s named %+v is %q, want %q", c.text, c.named, got, c.want)
		}
	}
}

func FuzzOwnerOf(f *testing.F) {
	for _, c := range cgroupCases(f) {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o := OwnerOf(text)
		if o.IsZero() != (o.String() == "") {
			t.Errorf("owner %+v shows as %q", o, o)
		}
		if o.Kind == OwnerContainer && o.ID == "" && !o.Monitor {
			t.Errorf("container without an id: %+v", o)
		}
		if OwnerOf(text) != o {
			t.Error("the second answer differs")
		}
	})
}
