package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nsview/nsview/launch"
	"github.com/nsview/nsview/launch/image"
)

// imageFlags take the root from a container image in a file.
type imageFlags struct {
	file    string
	options image.Options
	config  commandDefaults
}

// commandDefaults are what an image says about its command.
type commandDefaults struct {
	entrypoint, command, env []string
	dir, user                string
}

func (f *imageFlags) flags(set *pflag.FlagSet) {
	set.StringVar(&f.file, "image", "", "an image in a `FILE`: an OCI layout (directory or tar) or from docker save")
	set.StringVar(&f.options.Name, "image-name", "", "the `NAME` of the image, where FILE holds several")
	set.StringVar(&f.options.Platform, "platform", "", "the image for `OS/ARCHITECTURE[/VARIANT]`; without one for this machine")
}

// apply unpacks the image; its layers become those of the root.
func (f *imageFlags) apply(a *app, spec *launch.Spec, rf *rootFlags) error {
	cache, err := a.ownDir("XDG_CACHE_HOME", ".cache", "images")
	if err != nil {
		return fmt.Errorf("find a place to unpack %s: %w", f.file, err)
	}
	i, err := image.Open(f.file, cache, f.options)
	if err != nil {
		return err
	}
	defer i.Close()
	l, err := i.Unpack(cache)
	if err != nil {
		return fmt.Errorf("use the image %s: %w", f.file, err)
	}
	if len(l.LeftOut) > 0 {
		a.say("left out of the image %s: %s", f.file, strings.Join(l.LeftOut, "; "))
	}
	if len(l.Dirs) == 0 {
		return fmt.Errorf("use the image %s: it has no layers", f.file)
	}
	slices.Reverse(l.Dirs) // an overlay names the uppermost first
	c := i.Config
	f.config = commandDefaults{c.Entrypoint, c.Cmd, c.Env, c.WorkingDir, c.User}
	if f.config.dir != "" && !filepath.IsAbs(f.config.dir) {
		f.config.dir = "/" + f.config.dir
	}
	if rf.upper != "" {
		rf.layers = l.Dirs
		return rf.overlay(spec)
	}
	spec.Rootfs = &launch.Rootfs{Layers: l.Dirs}
	return nil
}
