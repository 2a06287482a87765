package image

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Options choose among what a file holds, and limit what is taken from it.
// The zero value takes the only image for this machine.
type Options struct {
	Name      string // a tag, or a reference with one; "" wants the only image
	Platform  string // OS/ARCHITECTURE[/VARIANT]; "" is this machine's
	MaxBytes  int64  // of all layers unpacked; 0 is 32 GiB
	MaxFiles  int    // in all layers; 0 is 2 million
	spoolInto string
}

// The limits when none are given.
const (
	defaultMaxBytes = 32 << 30
	defaultMaxFiles = 2_000_000
)

// Image is an image in a file, opened until Close.
type Image struct {
	// Config is what the image says about how to run it.
	Config specs.ImageConfig

	layers  []layer // the lowest first
	source  source
	options Options
}

// layer is one of an image's layers.
type layer struct {
	blob   string        // its file in the source
	digest digest.Digest // of the blob; "" where the source says none
	diffID digest.Digest // of the tar in it
}

// Open opens the image in a file or directory. Temporary files, which
// compressed archives need, go into the directory tmp.
func Open(file, tmp string, options Options) (*Image, error) {
	if options.MaxBytes == 0 {
		options.MaxBytes = defaultMaxBytes
	}
	if options.MaxFiles == 0 {
		options.MaxFiles = defaultMaxFiles
	}
	options.spoolInto = tmp
	if options.Platform == "" {
		options.Platform = "linux/" + runtime.GOARCH
	}
	src, err := openSource(file, options)
	if err != nil {
		return nil, fmt.Errorf("open the image %s: %w", file, err)
	}
	i := &Image{source: src, options: options}
	if err := i.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the image %s: %w", file, err), src.close())
	}
	return i, nil
}

// Close closes the file.
func (i *Image) Close() error { return i.source.close() }

// read finds the image. An archive may be of both kinds: Docker writes such.
func (i *Image) read() error {
	switch {
	case i.source.has(specs.ImageIndexFile):
		return i.readLayout()
	case i.source.has(saveManifest):
		return i.readSaved()
	}
	return fmt.Errorf("it is neither an OCI image layout (no %s) nor from docker save (no %s)", specs.ImageIndexFile, saveManifest)
}

// maxDocument is the size that registries allow a manifest, in bytes.
const maxDocument = 4 << 20

// document reads a JSON file and, when there is a digest, holds it against it.
func (i *Image) document(name string, want digest.Digest, into any) error {
	f, err := i.source.open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxDocument+1))
	switch {
	case err != nil:
		return fmt.Errorf("read %s: %w", name, err)
	case len(b) > maxDocument:
		return fmt.Errorf("%s has more than %d bytes", name, maxDocument)
	case want != "" && want.Algorithm().FromBytes(b) != want:
		return fmt.Errorf("%s is not what its digest says", name)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

// blob is the file of a blob in an OCI layout.
func blob(d digest.Digest) (string, error) {
	if err := d.Validate(); err != nil {
		return "", fmt.Errorf("digest %q: %w", d, err)
	}
	return specs.ImageBlobsDir + "/" + d.Algorithm().String() + "/" + d.Encoded(), nil
}

// readConfig reads the configuration, and pairs the layers with their diff IDs.
func (i *Image) readConfig(name string, want digest.Digest, layers []layer) error {
	var config specs.Image
	if err := i.document(name, want, &config); err != nil {
		return err
	}
	if config.OS != "" && !matches(i.options.Platform, &config.Platform) {
		return fmt.Errorf("it is for %s, not for %s", platformName(&config.Platform), i.options.Platform)
	}
	if len(config.RootFS.DiffIDs) != len(layers) {
		return fmt.Errorf("it has %d layers, and its configuration speaks of %d", len(layers), len(config.RootFS.DiffIDs))
	}
	for n, id := range config.RootFS.DiffIDs {
		if err := id.Validate(); err != nil {
			return fmt.Errorf("layer %d: digest %q: %w", n+1, id, err)
		}
		layers[n].diffID = id
	}
	i.Config, i.layers = config.Config, layers
	return nil
}

// readLayout follows an OCI layout from its index to the configuration.
func (i *Image) readLayout() error {
	if err := i.checkVersion(); err != nil {
		return err
	}
	d, err := i.choose(specs.ImageIndexFile, "", 0)
	if err != nil {
		return err
	}
	name, err := blob(d.Digest)
	if err != nil {
		return err
	}
	var m specs.Manifest
	if err := i.document(name, d.Digest, &m); err != nil {
		return err
	}
	if m.Config.Digest == "" || m.ArtifactType != "" {
		return fmt.Errorf("%s is no container image", name)
	}
	layers := make([]layer, len(m.Layers))
	for n, l := range m.Layers {
		if layers[n].blob, err = blob(l.Digest); err != nil {
			return fmt.Errorf("layer %d: %w", n+1, err)
		}
		if strings.HasSuffix(l.MediaType, "encrypted") {
			return fmt.Errorf("layer %d is encrypted", n+1)
		}
		layers[n].digest = l.Digest
	}
	if name, err = blob(m.Config.Digest); err != nil {
		return err
	}
	return i.readConfig(name, m.Config.Digest, layers)
}

func (i *Image) checkVersion() error {
	var version specs.ImageLayout
	err := i.document(specs.ImageLayoutFile, "", &version)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("it has no %s", specs.ImageLayoutFile)
	}
	if err == nil && !strings.HasPrefix(version.Version, "1.") {
		err = fmt.Errorf("its layout is of version %q, not of version 1", version.Version)
	}
	return err
}

// saveManifest is the file in which docker save lists images.
const saveManifest = "manifest.json"

// saved is one image of docker save.
type saved struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// readSaved finds the image in what docker save wrote.
func (i *Image) readSaved() error {
	var all []saved
	if err := i.document(saveManifest, "", &all); err != nil {
		return err
	}
	var names []string
	var found []saved
	for _, s := range all {
		names = append(names, s.RepoTags...)
		if i.options.Name == "" || slices.ContainsFunc(s.RepoTags, func(tag string) bool { return named(tag, i.options.Name) }) {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		return tooMany(len(found), len(all), i.options.Name, names)
	}
	layers := make([]layer, len(found[0].Layers))
	for n, name := range found[0].Layers {
		layers[n].blob = name
	}
	return i.readConfig(found[0].Config, digestIn(found[0].Config), layers)
}

// digestIn is the digest that is the name of a configuration: HEX.json, or a
// blob of a layout.
func digestIn(name string) digest.Digest {
	base := strings.TrimSuffix(name[strings.LastIndexByte(name, '/')+1:], ".json")
	if d := digest.NewDigestFromEncoded(digest.SHA256, base); d.Validate() == nil {
		return d
	}
	return ""
}
