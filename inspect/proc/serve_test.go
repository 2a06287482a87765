package proc

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/nsview/nsview/inspect/snapshot"
)

func TestArrays(t *testing.T) {
	text := `Personalities : [raid1] [raid6] [raid5] [raid4]
md0 : active raid1 sdb1[1] sda1[0](F)
      1046528 blocks super 1.2 [2/1] [_U]

md127 : active (auto-read-only) raid5 nvme0n1p2[0] dm-3[1]
      bitmap: 0/1 pages [0KB], 65536KB chunk

unused devices: <none>
`
	p, err := New(fstest.MapFS{"1/comm": {Data: []byte("init\n")}, "mdstat": {Data: []byte(text)}}, "proc")
	if err != nil {
		t.Fatal(err)
	}
	want := []Array{{"md0", "active raid1", []string{"sdb1", "sda1"}}, {"md127", "active (auto-read-only) raid5", []string{"nvme0n1p2", "dm-3"}}}
	if diff := cmp.Diff(want, p.Arrays()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestShares(t *testing.T) {
	if ServesSMB(fstest.MapFS{"class/tty/dev": {}}) || !ServesSMB(fstest.MapFS{"class/ksmbd-control/stats": {}}) {
		t.Error("whether the SMB server is there is told wrongly")
	}
	etc := fstest.MapFS{"ksmbd/ksmbd.conf": {Data: []byte("; path = /no\n[global]\n\tnetbios name = x\n[music]\n\tPath = /srv/my music\n\tread only = no\n[b]\npath=/b\n")}}
	got, err := Shares(etc)
	want := []snapshot.Named{{Kind: snapshot.NamedShare, Name: "music", Path: "/srv/my music"}, {Kind: snapshot.NamedShare, Name: "b", Path: "/b"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, -want +got\n%s", err, diff)
	}
	if _, err := Shares(fstest.MapFS{}); err == nil {
		t.Error("a configuration that is not there is no error")
	}
}
