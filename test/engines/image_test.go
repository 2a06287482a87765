//go:build linux

package engines_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// imageName is what every engine calls the image that writeImage makes.
const imageName = "docker.io/library/nsview-test:1"

// writeImage makes an image of three layers around a static busybox, as the
// archive that `docker save` writes and every engine loads.
func writeImage(t *testing.T) string {
	t.Helper()
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Skip("needs busybox (package busybox-static)")
	}
	program, err := os.ReadFile(busybox)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		t.Fatalf("read %s: %v", busybox, err)
	}
	for _, p := range binary.Progs {
		if p.Type == elf.PT_INTERP {
			t.Skipf("needs a static busybox (package busybox-static): %s is dynamic", busybox)
		}
	}

	bottom := []tarEntry{{name: "bin/", dir: true}, {name: "bin/busybox", data: program, mode: 0o755}}
	for _, applet := range []string{"sh", "sleep", "ls", "cat"} {
		bottom = append(bottom, tarEntry{name: "bin/" + applet, link: "bin/busybox"})
	}
	layers := [][]byte{
		archive(t, bottom),
		archive(t, []tarEntry{{name: "middle", data: []byte("the middle layer\n"), mode: 0o644}}),
		archive(t, []tarEntry{{name: "top", data: []byte("the top layer\n"), mode: 0o644}}),
	}

	type rootFS struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	}
	rootfs := rootFS{Type: "layers"}
	var names []string
	var entries []tarEntry
	for i, layer := range layers {
		rootfs.DiffIDs = append(rootfs.DiffIDs, fmt.Sprintf("sha256:%x", sha256.Sum256(layer)))
		names = append(names, fmt.Sprintf("layer%d.tar", i))
		entries = append(entries, tarEntry{name: names[i], data: layer, mode: 0o644})
	}
	config := marshal(t, map[string]any{
		"architecture": runtime.GOARCH, "os": "linux", "rootfs": rootfs,
		"config": map[string]any{"Env": []string{"PATH=/bin"}},
	})
	configName := fmt.Sprintf("%x.json", sha256.Sum256(config))
	manifest := marshal(t, []map[string]any{{"Config": configName, "RepoTags": []string{imageName}, "Layers": names}})
	entries = append(entries,
		tarEntry{name: configName, data: config, mode: 0o644},
		tarEntry{name: "manifest.json", data: manifest, mode: 0o644})

	file := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(file, archive(t, entries), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

type tarEntry struct {
	name string
	data []byte
	mode int64
	dir  bool
	link string // a hard link to this
}

func archive(t *testing.T, entries []tarEntry) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, e := range entries {
		h := tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.data)), Typeflag: tar.TypeReg}
		switch {
		case e.dir:
			h.Typeflag, h.Mode = tar.TypeDir, 0o755
		case e.link != "":
			h.Typeflag, h.Linkname, h.Mode = tar.TypeLink, e.link, 0o755
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
