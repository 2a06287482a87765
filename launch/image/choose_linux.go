package image

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

// maxIndexes is how deep an index may lie in another.
const maxIndexes = 4

// dockerList is Docker's name for an index.
const dockerList = "application/vnd.docker.distribution.manifest.list.v2+json"

// choose finds the manifest that is wanted: by name in the index of the layout,
// by platform in those below it.
func (i *Image) choose(name string, want digest.Digest, depth int) (specs.Descriptor, error) {
	none := specs.Descriptor{}
	if depth > maxIndexes {
		return none, fmt.Errorf("indexes lie more than %d deep in each other", maxIndexes)
	}
	var index specs.Index
	if err := i.document(name, want, &index); err != nil {
		return none, err
	}
	list := slices.DeleteFunc(index.Manifests, notForRunning)
	if depth == 0 && i.options.Name != "" {
		list = slices.DeleteFunc(slices.Clone(list), func(d specs.Descriptor) bool {
			return !slices.ContainsFunc(namesOf(d), func(n string) bool { return named(n, i.options.Name) })
		})
		if len(list) == 0 {
			return none, tooMany(0, len(index.Manifests), i.options.Name, allNames(index.Manifests))
		}
	}
	if fit := slices.DeleteFunc(slices.Clone(list), func(d specs.Descriptor) bool {
		return d.Platform != nil && !matches(i.options.Platform, d.Platform)
	}); len(fit) > 0 {
		list = fit
	} else if len(list) > 0 {
		return none, fmt.Errorf("it has nothing for %s (platforms: %s)", i.options.Platform, platformNames(list))
	}
	// One image under several names is still one.
	list = slices.CompactFunc(list, func(a, b specs.Descriptor) bool { return a.Digest == b.Digest })
	if len(list) != 1 {
		return none, tooMany(len(list), len(index.Manifests), i.options.Name, allNames(list))
	}
	d := list[0]
	if d.MediaType != specs.MediaTypeImageIndex && d.MediaType != dockerList {
		return d, nil
	}
	below, err := blob(d.Digest)
	if err != nil {
		return none, err
	}
	return i.choose(below, d.Digest, depth+1)
}

// notForRunning are entries that belong to images: signatures, provenance.
func notForRunning(d specs.Descriptor) bool {
	return d.ArtifactType != "" || d.Annotations["vnd.docker.reference.type"] != "" ||
		d.Platform != nil && d.Platform.OS == "unknown"
}

// nameAnnotation is containerd's annotation for the whole reference.
const nameAnnotation = "io.containerd.image.name"

func namesOf(d specs.Descriptor) []string {
	var names []string
	for _, key := range []string{nameAnnotation, specs.AnnotationRefName} {
		if n := d.Annotations[key]; n != "" {
			names = append(names, n)
		}
	}
	return names
}

func allNames(list []specs.Descriptor) []string {
	var names []string
	for _, d := range list {
		names = append(names, namesOf(d)...)
	}
	return names
}

// named says whether a reference is meant by a name: the whole of it, or what
// is left without registry, path and the tag latest.
func named(reference, name string) bool {
	base := path.Base(reference)
	_, tag, _ := strings.Cut(base, ":")
	return slices.Contains([]string{reference, base, tag, strings.TrimSuffix(base, ":latest")}, name)
}

// tooMany says why there is not exactly one image.
func tooMany(found, all int, name string, names []string) error {
	slices.Sort(names)
	listed := strings.Join(slices.Compact(names), " ")
	if listed != "" {
		listed = " (names: " + listed + ")"
	}
	switch {
	case all == 0:
		return errors.New("there is no image in it")
	case found == 0:
		return fmt.Errorf("there is no image %q in it%s", name, listed)
	case name == "":
		return fmt.Errorf("there are %d images in it, and none was named%s", found, listed)
	}
	return fmt.Errorf("there are %d images %q in it%s", found, name, listed)
}

// matches says whether a platform is the wanted one; a variant counts when both
// have one.
func matches(want string, p *specs.Platform) bool {
	parts := append(strings.Split(want, "/"), "")
	return parts[0] == p.OS && len(parts) > 2 && parts[1] == p.Architecture &&
		(parts[2] == "" || p.Variant == "" || parts[2] == p.Variant)
}

func platformName(p *specs.Platform) string {
	return strings.TrimSuffix(p.OS+"/"+p.Architecture+"/"+p.Variant, "/")
}

func platformNames(list []specs.Descriptor) string {
	var names []string
	for _, d := range list {
		if d.Platform != nil {
			names = append(names, platformName(d.Platform))
		}
	}
	return strings.Join(names, " ")
}
