package image

import (
	"archive/tar"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// one unpacks one layer.
func one(t *testing.T, list ...tar.Header) (string, []string, error) {
	t.Helper()
	_, l, err := unpackFile(t, onePlain(archive(t, list...)).dir(t), Options{})
	if err != nil {
		return "", nil, err
	}
	return l.Dirs[0], l.LeftOut, nil
}

func TestUnpackFiles(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	d, leftOut, err := one(t, dir(".", 0o711), dir("bin", 0o555), file("bin/sh", "shell"),
		tar.Header{Name: "bin/su", Linkname: "su", Mode: 0o4755}, symlink("bin/ash", "/bin/sh"),
		tar.Header{Name: "hard", Typeflag: tar.TypeLink, Linkname: "bin/sh"},
		tar.Header{Name: "pipe", Typeflag: tar.TypeFifo, Mode: 0o622},
		file("etc/deep/er/file", "implied"), dir("tmp", 0o1777), file("twice", "1"), file("twice", "2"),
		dir("was-dir", 0o755), file("was-dir/in", ""), file("was-dir", "file"), file("was-file", ""), dir("was-file", 0o700))
	try(t, err)
	if len(leftOut) > 0 {
		t.Errorf("left out: %q", leftOut)
	}
	for name, mode := range map[string]fs.FileMode{
		".": fs.ModeDir | 0o711, "bin": fs.ModeDir | 0o555, "bin/sh": 0o644, "bin/su": fs.ModeSetuid | 0o755,
		"pipe": fs.ModeNamedPipe | 0o622, "etc/deep": fs.ModeDir | 0o755, "tmp": fs.ModeDir | fs.ModeSticky | 0o777,
		"was-dir": 0o644, "was-file": fs.ModeDir | 0o700, "bin/ash": fs.ModeSymlink | 0o777,
	} {
		info, err := os.Lstat(filepath.Join(d, name))
		try(t, err)
		if info.Mode() != mode {
			t.Errorf("%s is %v, want %v", name, info.Mode(), mode)
		}
		if name != "etc/deep" && !info.ModTime().Equal(time.Unix(1000, 0)) {
			t.Errorf("%s is of %v", name, info.ModTime())
		}
	}
	if to, err := os.Readlink(filepath.Join(d, "bin/ash")); to != "/bin/sh" || read(t, d, "hard") != "shell" || read(t, d, "twice") != "2" {
		t.Errorf("ash -> %s, %v; hard %s; twice %s", to, err, read(t, d, "hard"), read(t, d, "twice"))
	}
}

// lies says what is at a name of a layer.
func lies(t *testing.T, d, name string) string {
	t.Helper()
	var s unix.Stat_t
	if err := unix.Lstat(filepath.Join(d, name), &s); err != nil {
		return "nothing"
	}
	switch s.Mode & unix.S_IFMT {
	case unix.S_IFCHR:
		if s.Rdev == 0 {
			return "whiteout"
		}
		return "device"
	case unix.S_IFDIR:
		b := make([]byte, 8)
		for _, space := range []string{"user", "trusted"} {
			n, err := unix.Lgetxattr(filepath.Join(d, name), space+".overlay.opaque", b)
			if err == nil && string(b[:n]) == "y" {
				return "opaque directory"
			}
		}
		return "directory"
	}
	return "file"
}

func TestUnpackWhiteouts(t *testing.T) {
	d, _, err := one(t, file("a/.wh.gone", ""), dir("b", 0o755), file("b/.wh..wh..opq", ""), file("b/new", ""),
		file(".wh..wh.plnk", ""), file("c", ""), file(".wh.c", ""), file(".wh.d", ""), file("d", ""),
		dir("e", 0o755), file(".wh.e", ""), file(".wh.f", ""), dir("f", 0o755))
	try(t, err)
	for name, want := range map[string]string{
		"a/gone": "whiteout", "b": "opaque directory", "b/new": "file", ".wh..wh.plnk": "nothing", "a/.wh.gone": "nothing",
		"c": "file", "d": "file", "e": "opaque directory", "f": "opaque directory",
	} {
		if got := lies(t, d, name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// A directory that an archive does not mention would cover the one below.
func TestUnpackTakesDirectoriesFromBelow(t *testing.T) {
	lower := archive(t, dir("var", 0o711), dir("var/tmp", 0o1777), dir("usr", 0o755), dir("usr/lib", 0o755), symlink("lib", "usr/lib"))
	upper := archive(t, file("var/tmp/x", "1"), symlink("lib", "usr/lib"), file("lib/y", "2"))
	_, l, err := unpackFile(t, onePlain(lower, upper).dir(t), Options{})
	try(t, err)
	for name, mode := range map[string]fs.FileMode{"var": fs.ModeDir | 0o711, "var/tmp": fs.ModeDir | fs.ModeSticky | 0o777} {
		info, err := os.Stat(filepath.Join(l.Dirs[1], name))
		try(t, err)
		if info.Mode() != mode {
			t.Errorf("%s is %v, want %v", name, info.Mode(), mode)
		}
	}
	if read(t, l.Dirs[1], "usr/lib/y") != "2" {
		t.Error("usr/lib/y is not where the link points to")
	}
}

// TestUnpackHostile: nothing outside of the directory is read, written or
// linked, whatever an archive says.
func TestUnpackHostile(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	try(t, os.Mkdir(outside, 0o755))
	secret := filepath.Join(outside, "secret")
	try(t, os.WriteFile(secret, []byte("secret"), 0o644))
	for name, test := range map[string]struct {
		list []tar.Header
		want string // of the error
	}{
		"dots":                     {[]tar.Header{file("../../secret", "x")}, "leads out of the image"},
		"dots inside":              {[]tar.Header{file("a/../b", "x")}, "leads out of the image"},
		"absolute":                 {[]tar.Header{file(secret, "x")}, ""},
		"through a link":           {[]tar.Header{symlink("d", outside), file("d/secret", "x")}, ""},
		"through a relative link":  {[]tar.Header{symlink("d", strings.Repeat("../", 20)+outside[1:]), file("d/secret", "x")}, ""},
		"over a link":              {[]tar.Header{symlink("f", secret), file("f", "x")}, ""},
		"directory over a link":    {[]tar.Header{symlink("d", outside), dir("d", 0o700), file("d/secret", "x")}, ""},
		"hard link to the outside": {[]tar.Header{{Name: "f", Typeflag: tar.TypeLink, Linkname: secret}}, "no such file"},
		"hard link by dots":        {[]tar.Header{{Name: "f", Typeflag: tar.TypeLink, Linkname: "../../secret"}}, "leads out of the image"},
		"hard link through a link": {[]tar.Header{symlink("d", outside), {Name: "f", Typeflag: tar.TypeLink, Linkname: "d/secret"}}, "no such file"},
		"write through hard link to a link": {[]tar.Header{
			symlink("l", secret), {Name: "h", Typeflag: tar.TypeLink, Linkname: "l"}, file("h", "x"),
		}, ""},
		"links in a circle":       {[]tar.Header{symlink("a", "b"), symlink("b", "a"), file("a/f", "x")}, "too many levels"},
		"whiteout of dots":        {[]tar.Header{file(".wh...", "")}, "hides no name"},
		"whiteout of the place":   {[]tar.Header{file("a/.wh..", "")}, "hides no name"},
		"whiteout of nothing":     {[]tar.Header{file(".wh.", "")}, "hides no name"},
		"whiteout through a link": {[]tar.Header{symlink("d", outside), file("d/.wh.secret", "")}, ""},
		"opaque through a link":   {[]tar.Header{symlink("d", outside), file("d/.wh..wh..opq", "")}, ""},
		"mode through a link":     {[]tar.Header{symlink("d", outside), {Name: "d", Typeflag: tar.TypeDir, Mode: 0o777}}, ""},
		"a file as directory":     {[]tar.Header{file("f", ""), file("f/g", "x")}, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := one(t, test.list...)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			info, err := os.Stat(outside)
			try(t, err)
			list, err := os.ReadDir(outside)
			try(t, err)
			if read(t, outside, "secret") != "secret" || len(list) != 1 || info.Mode().Perm() != 0o755 || lies(t, outside, ".") != "directory" {
				t.Errorf("outside has changed: %v, %v, %s", list, info.Mode(), read(t, outside, "secret"))
			}
			if s, err := os.Stat(secret); err != nil || s.Sys().(*syscall.Stat_t).Nlink != 1 {
				t.Errorf("the secret: %v, %v", s, err)
			}
		})
	}
}

// Devices and attributes that would reach beyond the layer are left out, and
// that is said.
func TestUnpackLeavesOut(t *testing.T) {
	d, leftOut, err := one(t,
		tar.Header{Name: "sda", Typeflag: tar.TypeBlock, Devmajor: 8, Devminor: 0},
		tar.Header{Name: "whiteout", Typeflag: tar.TypeChar},
		tar.Header{Name: "x", Linkname: "x", PAXRecords: map[string]string{
			"SCHILY.xattr.trusted.overlay.redirect": "/etc", "SCHILY.xattr.user.overlay.metacopy": "y", "SCHILY.xattr.security.selinux": "z",
		}})
	try(t, err)
	if lies(t, d, "sda") != "nothing" || lies(t, d, "whiteout") != "nothing" {
		t.Errorf("sda is %s, whiteout is %s", lies(t, d, "sda"), lies(t, d, "whiteout"))
	}
	want := []string{
		"1 extended attributes security.selinux", "1 extended attributes trusted.overlay.*", "1 extended attributes user.overlay.*",
		"2 device files: a container gets its own",
	}
	if !slices.Equal(leftOut, want) {
		t.Errorf("left out %q, want %q", leftOut, want)
	}
	if n, err := unix.Llistxattr(filepath.Join(d, "x"), make([]byte, 1000)); n != 0 {
		t.Errorf("x has attributes: %d, %v", n, err)
	}
}

func TestUnpackLimits(t *testing.T) {
	many := []tar.Header{dir("d", 0o755)}
	for i := range 30 {
		many = append(many, file("d/"+strings.Repeat("x", i+1), ""))
	}
	zeros := gzipped(t, archive(t, file("zeros", strings.Repeat("\x00", 10<<20))))
	bomb := newLayout()
	bomb.index(bomb.image(here, func([]byte) []byte { return zeros }, archive(t, file("zeros", strings.Repeat("\x00", 10<<20)))))
	for name, test := range map[string]struct {
		file    string
		options Options
	}{
		"bytes":            {onePlain(archive(t, file("a", strings.Repeat("x", 50)), file("b", strings.Repeat("x", 51)))).dir(t), Options{MaxBytes: 100}},
		"files":            {onePlain(archive(t, many...)).dir(t), Options{MaxFiles: 30}},
		"zeros":            {bomb.dir(t), Options{MaxBytes: 1 << 20}},
		"files of archive": {onePlain(archive(t)).tar(t), Options{MaxFiles: 2}},
		"packed archive":   {write(t, zeros), Options{MaxBytes: 1 << 20}},
	} {
		_, _, err := unpackFile(t, test.file, test.options)
		if err == nil || !strings.Contains(err.Error(), "larger than what is allowed") && !strings.Contains(err.Error(), "has more than 2 files") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A layer that fails leaves nothing, and what a killed process left is removed.
func TestUnpackLeavesNothing(t *testing.T) {
	cache := newCache(t)
	try(t, os.MkdirAll(filepath.Join(cache, unpackPrefix+"dead", "locked"), 0o755))
	try(t, os.Chmod(filepath.Join(cache, unpackPrefix+"dead", "locked"), 0))
	i, err := Open(onePlain(archive(t, file("a", ""), file("../b", ""))).dir(t), cache, Options{})
	try(t, err)
	defer i.Close()
	if _, err := i.Unpack(cache); err == nil {
		t.Fatal("unpacked")
	}
	list, err := os.ReadDir(cache)
	try(t, err)
	if len(list) != 1 || list[0].Name() != "lock" {
		t.Errorf("left: %v", list)
	}
}

// Layers are unpacked once, whoever comes first.
func TestUnpackAtOnce(t *testing.T) {
	f, cache := onePlain(archive(t, file("a", "one")), archive(t, file("b", "two"))).tar(t), newCache(t)
	var all sync.WaitGroup
	dirs := make([][]string, 6)
	for n := range dirs {
		all.Go(func() {
			i, err := Open(f, cache, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer i.Close()
			l, err := i.Unpack(cache)
			if err != nil {
				t.Error(err)
			}
			dirs[n] = l.Dirs
		})
	}
	all.Wait()
	if list, err := os.ReadDir(cache); err != nil || len(list) != 3 {
		t.Errorf("cache: %v, %v", list, err)
	}
	for _, d := range dirs {
		if !slices.Equal(d, dirs[0]) {
			t.Errorf("layers %v and %v", d, dirs[0])
		}
	}
}

func TestUnpackRefusesOpenCaches(t *testing.T) {
	f, cache := onePlain(archive(t, file("a", "one"))).dir(t), newCache(t)
	i, err := Open(f, cache, Options{})
	try(t, err)
	defer i.Close()
	try(t, os.Chmod(cache, 0o755))
	if _, err := i.Unpack(cache); err == nil || !strings.Contains(err.Error(), "others may enter it: its mode is 0755") {
		t.Errorf("a cache of mode 0755: %v", err)
	}
	if os.Geteuid() != 0 {
		return
	}
	try(t, os.Chmod(cache, 0o700))
	try(t, os.Chown(cache, 65534, 65534))
	if _, err := i.Unpack(cache); err == nil || !strings.Contains(err.Error(), "belongs to uid 65534") {
		t.Errorf("a cache of uid 65534: %v", err)
	}
}

// FuzzUnpack: whatever an archive is, unpacking it neither panics nor leaves
// its directory.
func FuzzUnpack(f *testing.F) {
	f.Add(archive(f, dir("a", 0o755), file("a/b", "x"), symlink("c", "/a"), file("c/d", "y"), file("c/.wh.b", "")))
	f.Add(archive(f, tar.Header{Name: "h", Typeflag: tar.TypeLink, Linkname: "h"}, file("a/.wh..wh..opq", "")))
	f.Fuzz(func(t *testing.T, b []byte) {
		above := t.TempDir()
		_, _ = unpack(strings.NewReader(string(b)), filepath.Join(above, "layer"), nil, &budget{bytes: 1 << 20, files: 100})
		if list, err := os.ReadDir(above); err != nil || len(list) > 1 {
			t.Errorf("beside the layer: %v, %v", list, err)
		}
		_ = removeAll(filepath.Join(above, "layer"))
	})
}
