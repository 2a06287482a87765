package image

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

const here = runtime.GOARCH

// dockerSave writes what docker save did before it wrote layouts: layers in
// directories of their own, and the second image's as a link to the first's.
func dockerSave(t *testing.T, layers ...[]byte) layout {
	t.Helper()
	c := asJSON(config(here, layers))
	name := digest.FromBytes(c).Encoded() + ".json"
	l := layout{name: c}
	one := saved{Config: name, RepoTags: []string{"example.org/tools:latest"}}
	for i, b := range layers {
		file := digest.FromBytes(b).Encoded()[:8+i] + "/layer.tar"
		l[file] = b
		one.Layers = append(one.Layers, file)
	}
	l[saveManifest] = asJSON([]saved{one})
	return l
}

func TestOpenFormats(t *testing.T) {
	lower, upper := archive(t, file("a", "one"), file("b", "two")), archive(t, file("b", "three"))
	packed := newLayout()
	packed.index(packed.image(here, func(b []byte) []byte { return gzipped(t, b) }, lower, upper))
	squeezed := newLayout()
	squeezed.index(squeezed.image(here, func(b []byte) []byte { return zstandard(t, b) }, lower, upper))
	plainTar, err := os.ReadFile(onePlain(lower, upper).tar(t))
	try(t, err)
	for name, f := range map[string]string{
		"layout directory":            onePlain(lower, upper).dir(t),
		"layout archive":              onePlain(lower, upper).tar(t),
		"layers packed by gzip":       packed.dir(t),
		"layers packed by zstd":       squeezed.tar(t),
		"archive packed by gzip":      write(t, gzipped(t, plainTar)),
		"archive packed by zstd":      write(t, zstandard(t, plainTar)),
		"docker save":                 dockerSave(t, lower, upper).tar(t),
		"docker save, as a directory": dockerSave(t, lower, upper).dir(t),
	} {
		t.Run(name, func(t *testing.T) {
			i, l, err := unpackFile(t, f, Options{})
			try(t, err)
			if len(l.Dirs) != 2 || read(t, l.Dirs[0], "b") != "two" || read(t, l.Dirs[1], "b") != "three" {
				t.Errorf("layers %v", l.Dirs)
			}
			if len(i.Config.Cmd) != 1 || i.Config.Cmd[0] != "sh" || len(l.LeftOut) != 0 {
				t.Errorf("config %+v, left out %q", i.Config, l.LeftOut)
			}
		})
	}
}

// docker save of older versions links a layer that two images share.
func TestOpenFollowsLinksOfDockerSave(t *testing.T) {
	layer := archive(t, file("a", "one"))
	c := asJSON(config(here, [][]byte{layer}))
	manifest := asJSON([]saved{{Config: "c.json", Layers: []string{"y/layer.tar"}}})
	b := archive(t, file("x/layer.tar", string(layer)), symlink("y/layer.tar", "../x/layer.tar"),
		file("c.json", string(c)), file(saveManifest, string(manifest)))
	_, l, err := unpackFile(t, write(t, b), Options{})
	try(t, err)
	if read(t, l.Dirs[0], "a") != "one" {
		t.Errorf("layers %v", l.Dirs)
	}
}

// twoNames is a layout with two images for two machines each.
func twoNames(t *testing.T) layout {
	t.Helper()
	l := newLayout()
	var list []specs.Descriptor
	for _, name := range []string{"v1", "v2"} {
		var below []specs.Descriptor
		for _, machine := range []string{here, "mips"} {
			below = append(below, l.image(machine, nil, archive(t, file("name", name+" "+machine))))
		}
		below = append(below, specs.Descriptor{
			MediaType: specs.MediaTypeImageManifest, Digest: below[0].Digest,
			Annotations: map[string]string{"vnd.docker.reference.type": "attestation-manifest"},
		})
		d := l.blob(asJSON(specs.Index{Manifests: below}), specs.MediaTypeImageIndex)
		d.Annotations = map[string]string{specs.AnnotationRefName: name, nameAnnotation: "example.org/tools:" + name}
		list = append(list, d)
	}
	return l.index(list...)
}

func TestOpenChooses(t *testing.T) {
	f := twoNames(t).dir(t)
	for options, want := range map[Options]string{
		{Name: "v1"}:                         "v1 " + here,
		{Name: "tools:v2"}:                   "v2 " + here,
		{Name: "example.org/tools:v2"}:       "v2 " + here,
		{Name: "v2", Platform: "linux/mips"}: "v2 mips",
	} {
		_, l, err := unpackFile(t, f, options)
		if err != nil || read(t, l.Dirs[0], "name") != want {
			t.Errorf("%+v: %v, %v", options, l.Dirs, err)
		}
	}
	for options, want := range map[Options]string{
		{}:                                  "there are 2 images in it, and none was named (names: example.org/tools:v1 example.org/tools:v2 v1 v2)",
		{Name: "v3"}:                        `there is no image "v3" in it (names:`,
		{Name: "v1", Platform: "linux/vax"}: "it has nothing for linux/vax (platforms: linux/" + here + " linux/mips)",
	} {
		if _, _, err := unpackFile(t, f, options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v; want %q", options, err, want)
		}
	}
}

// change is a layout with one file changed.
func change(l layout, name string, b []byte) layout {
	l[name] = b
	return l
}

// blobOf names the blob that has some text in it.
func blobOf(t *testing.T, l layout, text string) string {
	t.Helper()
	for name, b := range l {
		if strings.HasPrefix(name, "blobs/") && bytes.Contains(b, []byte(text)) {
			return name
		}
	}
	t.Fatalf("no blob has %q", text)
	return ""
}

func TestOpenRefuses(t *testing.T) {
	layer := archive(t, file("a", "one"))
	other := archive(t, file("a", "two"))
	swap := func(text string, b []byte) string {
		l := onePlain(layer)
		return change(l, blobOf(t, l, text), b).dir(t)
	}
	loop := newLayout()
	looped := loop.blob([]byte("{}"), specs.MediaTypeImageIndex)
	for range maxIndexes + 1 {
		looped = loop.blob(asJSON(specs.Index{Manifests: []specs.Descriptor{looped}}), specs.MediaTypeImageIndex)
	}
	xz := newLayout()
	xz.index(xz.image(here, func([]byte) []byte { return []byte("\xfd7zXZ\x00\x00") }, layer))
	foreign := newLayout()
	foreignImage := foreign.image("mips", nil, layer)
	foreignImage.Platform = nil
	fewer := newLayout()
	m := specs.Manifest{Config: fewer.blob(asJSON(config(here, nil)), ""), Layers: []specs.Descriptor{fewer.blob(layer, "")}}
	for name, test := range map[string]struct{ file, want string }{
		"nothing there":       {filepath.Join(t.TempDir(), "x"), "no such file"},
		"an empty directory":  {t.TempDir(), "neither an OCI image layout"},
		"a device":            {"/dev/null", "neither a directory nor a regular file"},
		"no archive":          {write(t, []byte(strings.Repeat("x", 600))), "read the archive"},
		"an empty file":       {write(t, nil), "neither an OCI image layout"},
		"an xz archive":       {write(t, []byte("\xfd7zXZ\x00\x00")), "neither gzip nor zstd"},
		"version 2":           {change(onePlain(layer), specs.ImageLayoutFile, []byte(`{"imageLayoutVersion": "2.0"}`)).dir(t), `version "2.0"`},
		"no layout file":      {change(onePlain(layer), specs.ImageLayoutFile, []byte(`{`)).dir(t), "unexpected end of JSON"},
		"index of nothing":    {newLayout().index().dir(t), "there is no image in it"},
		"a bad digest":        {newLayout().index(specs.Descriptor{Digest: "sha256:../../../etc/passwd"}).dir(t), "invalid checksum digest"},
		"a missing blob":      {newLayout().index(specs.Descriptor{Digest: digest.FromString("x")}).dir(t), "no such file"},
		"another manifest":    {swap("layers", []byte("{}")), "is not what its digest says"},
		"another config":      {swap("diff_ids", []byte("{}")), "is not what its digest says"},
		"another layer":       {swap("ustar", other), "is not what its digest sha256:"},
		"indexes in indexes":  {loop.index(looped).dir(t), "more than 4 deep"},
		"another compression": {xz.dir(t), "neither gzip nor zstd"},
		"another machine":     {foreign.index(foreignImage).dir(t), "it is for linux/mips"},
		"fewer diff IDs":      {fewer.index(fewer.blob(asJSON(m), "")).dir(t), "it has 1 layers, and its configuration speaks of 0"},
		"another saved config": {func() string {
			l := dockerSave(t, layer)
			for name := range l {
				if strings.HasSuffix(name, ".json") && name != saveManifest {
					l[name] = []byte("{}")
				}
			}
			return l.tar(t)
		}(), "is not what its digest says"},
		"another saved layer": {func() string {
			l := dockerSave(t, layer)
			for name := range l {
				if strings.HasSuffix(name, "layer.tar") {
					l[name] = other
				}
			}
			return l.tar(t)
		}(), "is not what its digest sha256:"},
		"a saved layer outside": {func() string {
			c := asJSON(config(here, [][]byte{layer}))
			return layout{"c.json": c, saveManifest: asJSON([]saved{{Config: "c.json", Layers: []string{"../../../etc/passwd"}}})}.dir(t)
		}(), "escapes"},
		"a broken archive": {write(t, archive(t, tar.Header{Name: "index.json", Linkname: strings.Repeat("x", 2000)})[:1024]), "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			_, l, err := unpackFile(t, test.file, Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, %v; want %q", l.Dirs, err, test.want)
			}
		})
	}
}
