package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/opencontainers/go-digest"
	imagespec "github.com/opencontainers/image-spec/specs-go"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

func try(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// archive writes headers to a tar; Linkname of a regular file is its content.
func archive(t testing.TB, list ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	out := tar.NewWriter(&b)
	for _, h := range list {
		content := ""
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if h.Typeflag == tar.TypeReg {
			content, h.Linkname = h.Linkname, ""
			h.Size = int64(len(content))
		}
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		if h.ModTime.IsZero() {
			h.ModTime = time.Unix(1000, 0)
		}
		try(t, out.WriteHeader(&h))
		_, err := out.Write([]byte(content))
		try(t, err)
	}
	try(t, out.Close())
	return b.Bytes()
}

func file(name, content string) tar.Header { return tar.Header{Name: name, Linkname: content} }

func dir(name string, mode int64) tar.Header {
	return tar.Header{Name: name + "/", Typeflag: tar.TypeDir, Mode: mode}
}

func symlink(name, to string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: to}
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write(b)
	try(t, err)
	try(t, z.Close())
	return out.Bytes()
}

func zstandard(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	try(t, err)
	return z.EncodeAll(b, nil)
}

// layout is an OCI image layout in the making: its files by name.
type layout map[string][]byte

func newLayout() layout {
	return layout{specs.ImageLayoutFile: []byte(`{"imageLayoutVersion": "1.0.0"}`)}
}

func asJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func (l layout) blob(b []byte, mediaType string) specs.Descriptor {
	d := digest.FromBytes(b)
	l["blobs/sha256/"+d.Encoded()] = b
	return specs.Descriptor{MediaType: mediaType, Digest: d, Size: int64(len(b))}
}

// config is the configuration of an image of those layers.
func config(architecture string, layers [][]byte) specs.Image {
	c := specs.Image{Platform: specs.Platform{Architecture: architecture, OS: "linux"}}
	c.Config.Cmd = []string{"sh"}
	for _, l := range layers {
		c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, digest.FromBytes(l))
	}
	return c
}

// image adds an image, its layers packed by pack.
func (l layout) image(architecture string, pack func([]byte) []byte, layers ...[]byte) specs.Descriptor {
	m := specs.Manifest{
		Versioned: imagespec.Versioned{SchemaVersion: 2}, MediaType: specs.MediaTypeImageManifest,
		Config: l.blob(asJSON(config(architecture, layers)), specs.MediaTypeImageConfig),
	}
	for _, b := range layers {
		if pack != nil {
			b = pack(b)
		}
		m.Layers = append(m.Layers, l.blob(b, specs.MediaTypeImageLayer))
	}
	d := l.blob(asJSON(m), specs.MediaTypeImageManifest)
	d.Platform = &specs.Platform{Architecture: architecture, OS: "linux"}
	return d
}

func (l layout) index(list ...specs.Descriptor) layout {
	l[specs.ImageIndexFile] = asJSON(specs.Index{Versioned: imagespec.Versioned{SchemaVersion: 2}, Manifests: list})
	return l
}

// dir writes the layout as a directory, tar as an archive.
func (l layout) dir(t testing.TB) string {
	t.Helper()
	d := t.TempDir()
	for name, b := range l {
		try(t, os.MkdirAll(filepath.Dir(filepath.Join(d, name)), 0o755))
		try(t, os.WriteFile(filepath.Join(d, name), b, 0o644))
	}
	return d
}

func (l layout) tar(t testing.TB) string {
	t.Helper()
	var list []tar.Header
	for name, b := range l {
		list = append(list, file("./"+name, string(b)))
	}
	return write(t, archive(t, list...))
}

func write(t testing.TB, b []byte) string {
	t.Helper()
	f := filepath.Join(t.TempDir(), "image.tar")
	try(t, os.WriteFile(f, b, 0o644))
	return f
}

// onePlain is a layout of one image for this machine.
func onePlain(layers ...[]byte) layout {
	l := newLayout()
	d := l.image(here, nil, layers...)
	d.Platform = nil
	return l.index(d)
}

// newCache is a directory that nobody else may enter.
func newCache(t testing.TB) string {
	t.Helper()
	d := t.TempDir()
	try(t, os.Chmod(d, 0o700))
	t.Cleanup(func() { _ = removeAll(d) })
	return d
}

// unpackFile opens and unpacks.
func unpackFile(t testing.TB, f string, o Options) (*Image, Layers, error) {
	t.Helper()
	cache := newCache(t)
	i, err := Open(f, cache, o)
	if err != nil {
		return nil, Layers{}, err
	}
	t.Cleanup(func() { _ = i.Close() })
	l, err := i.Unpack(cache)
	return i, l, err
}

// read is the content of a file of a layer.
func read(t testing.TB, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return "no " + name + ": " + strings.TrimSpace(err.Error())
	}
	return string(b)
}
