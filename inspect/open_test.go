package inspect

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nsview/nsview/inspect/snapshot"
)

const table = "26 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n27 26 0:22 / /proc rw - proc proc rw\n"

func text(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s), Mode: 0o644} }

func symlink(s string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(s), Mode: fs.ModeSymlink | 0o777}
}

// frozen is a /proc of two processes in two mount namespaces.
func frozen() fstest.MapFS {
	return fstest.MapFS{
		"1/mountinfo": text(table), "1/ns/mnt": symlink("mnt:[4026531841]"), "1/ns/net": symlink("net:[4026531840]"), "1/root": symlink("/"),
		"1/cgroup":    text("0::/init.scope\n"),
		"7/mountinfo": text("40 39 0:50 / / rw - tmpfs tmpfs rw\n"), "7/ns/mnt": symlink("mnt:[4026532177]"), "7/ns/net": symlink("net:[4026531840]"), "7/root": symlink("/"),
		"7/cgroup": text("0::/system.slice/docker-" + strings.Repeat("ba54f3f7", 8) + ".scope\n"),
		"8/stat":   text("8 (gone) Z 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 0 5 0 0\n"), "8/ns/user": symlink("user:[4026531837]"),
	}
}

// onDisk writes a file system below a directory.
func onDisk(t *testing.T, files fstest.MapFS, below string) string {
	t.Helper()
	top := t.TempDir()
	for name, f := range files {
		name = filepath.Join(top, below, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if f.Mode&fs.ModeSymlink != 0 {
			err = os.Symlink(string(f.Data), name)
		} else {
			err = os.WriteFile(name, f.Data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return top
}

func packed(t *testing.T, files fstest.MapFS, below string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f := files[name]
		h := &tar.Header{Name: below + name, Mode: 0o644, Size: int64(len(f.Data)), Typeflag: tar.TypeReg}
		if f.Mode&fs.ModeSymlink != 0 {
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, string(f.Data), 0
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write(f.Data); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func onFile(t *testing.T, b []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "host")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func snapshotOf(t *testing.T, files fs.FS) []byte {
	t.Helper()
	h, err := OpenFS(files, "frozen")
	if err != nil {
		t.Fatal(err)
	}
	s, err := h.Take(context.Background(), Everything())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.Save(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestOpenForms: the same host in every form in which it may be handed over.
func TestOpenForms(t *testing.T) {
	forms := map[string]string{
		"a tar": onFile(t, packed(t, frozen(), "")), "a tar of a bundle": onFile(t, packed(t, frozen(), "./sosreport-x/proc/")),
		"a compressed tar": onFile(t, zipped(t, packed(t, frozen(), "proc/"))),
		"a snapshot":       onFile(t, snapshotOf(t, frozen())), "a compressed snapshot": onFile(t, zipped(t, snapshotOf(t, frozen()))),
	}
	if runtime.GOOS != "windows" { // whose links need a right of their own
		forms["a directory"] = onDisk(t, frozen(), "")
		forms["a directory with proc"] = onDisk(t, frozen(), "proc")
		forms["a bundle"] = onDisk(t, frozen(), "sosreport-x/proc")
	}
	for form, name := range forms {
		t.Run(form, func(t *testing.T) {
			h, err := Open(name)
			if err != nil {
				t.Fatal(err)
			}
			w, err := h.Look(t.Context(), snapshot.Want{Types: snapshot.AllTypes, Tables: snapshot.Tables{All: true}})
			if err != nil {
				t.Fatal(err)
			}
			if h.Live() || len(w.Lookup(4026531841).Processes) != 1 || len(w.Lookup(4026531840).Processes) != 2 {
				t.Errorf("%+v", w.Namespaces)
			}
			if v := w.View(4026531841, 0); v == nil || len(v.Mounts) != 2 || v.Mounts[1].Parent != v.Mounts[0] {
				t.Errorf("the table of the first namespace: %+v", v)
			}
		})
	}
}

func TestOpenTable(t *testing.T) {
	for form, name := range map[string]string{"plain": onFile(t, []byte(table)), "compressed": onFile(t, zipped(t, []byte(table)))} {
		h, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := h.Find(t.Context(), "", snapshot.Mnt)
		if err != nil {
			t.Fatal(err)
		}
		w, err := h.Look(t.Context(), snapshot.Want{})
		if err != nil || w.View(p.NS, p.PID) == nil || !w.Lookup(p.NS).Inferred {
			t.Errorf("%s: %+v, %v", form, p, err)
		}
	}
}

// huge is a tar that claims a file of a terabyte and ends there.
func huge(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tar.NewWriter(&b).WriteHeader(&tar.Header{Name: "1/mountinfo", Size: 1 << 40, Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOpenRefuses(t *testing.T) {
	whole := packed(t, frozen(), "")
	loop := "26 27 8:1 / / rw - ext4 a rw\n27 26 8:1 / / rw - ext4 a rw\n"
	for what, c := range map[string]struct {
		name, want string
	}{
		"nothing there":        {filepath.Join(t.TempDir(), "none"), "no such file"},
		"an empty file":        {onFile(t, nil), "the file is empty"},
		"an empty gzip":        {onFile(t, zipped(t, nil)), "the file is empty"},
		"a cut gzip":           {onFile(t, zipped(t, whole)[:40]), "the file is cut short"},
		"a cut tar":            {onFile(t, whole[:len(whole)-1024-500]), "the file is cut short"},
		"a cut snapshot":       {onFile(t, snapshotOf(t, frozen())[:100]), "the file is cut short"},
		"a huge tar":           {onFile(t, huge(t)), "1/mountinfo: larger than any host's /proc"},
		"a tar without proc":   {onFile(t, packed(t, fstest.MapFS{"etc/hostname": text("x")}, "")), "no process directory in it"},
		"an empty directory":   {t.TempDir(), "no process directory in it"},
		"prose":                {onFile(t, []byte("Dear maintainers,\n")), "neither a snapshot, nor a tar, nor mountinfo"},
		"mounts on each other": {onFile(t, []byte(loop)), "mounted below itself"},
		"binary":               {onFile(t, []byte("\x7fELF\x02\x01\x01\x00\x1b[2J")), "neither a snapshot, nor a tar, nor mountinfo"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := Open(c.name)
			if err == nil || !strings.HasPrefix(err.Error(), "read saved host "+c.name+": ") || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("Open: %v, want %q", err, c.want)
			}
			if strings.ContainsAny(err.Error(), "\n\x1b\x00") || strings.Count(err.Error(), c.name) != 1 {
				t.Errorf("Open: %q", err)
			}
		})
	}
}
