package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// findHeld finds what a text names: what is mounted or a device first, as
// server:/export looks like TARGET:PATH, then a path.
func findHeld(ctx context.Context, host *inspect.Host, w *world.World, text string) (query.HoldTarget, error) {
	dev, isDevice, err := host.Device(text)
	if err != nil {
		return query.HoldTarget{}, fmt.Errorf("find %s: %w", text, err)
	}
	if isDevice {
		t, err := query.TargetOf(w, dev.String())
		t.Text = text
		return t, err
	}
	if strings.HasPrefix(text, "/") || strings.HasPrefix(text, "./") || strings.HasPrefix(text, "../") || text == "." {
		return findHeldPath(ctx, host, w, "", text)
	}
	t, err := query.TargetOf(w, text)
	if !errors.Is(err, query.ErrNoTarget) {
		return t, err
	}
	if target, name, ok := cutSpot(text); ok {
		if _, placeErr := host.Find(ctx, target, snapshot.Mnt); placeErr != nil {
			return t, fmt.Errorf("%w, and as TARGET:PATH: %w", err, placeErr)
		}
		return findHeldPath(ctx, host, w, target, name)
	}
	if place, placeErr := host.Find(ctx, text, snapshot.Mnt); placeErr == nil && place.NS != 0 {
		return query.TargetOf(w, fmt.Sprintf("mnt:[%d]", place.NS))
	}
	return t, err
}

// findHeldPath finds a path as a namespace sees it. On a live host the kernel
// follows it, on a thread that may be left behind; a saved host's is taken by
// its words.
func findHeldPath(ctx context.Context, host *inspect.Host, w *world.World, target, name string) (query.HoldTarget, error) {
	text := strings.TrimPrefix(target+":"+name, ":")
	fail := func(err error) (query.HoldTarget, error) {
		return query.HoldTarget{}, fmt.Errorf("find %s: %w", text, err)
	}
	if target == "" && !strings.HasPrefix(name, "/") {
		abs, err := filepath.Abs(name)
		if err != nil {
			return fail(err)
		}
		name = abs
	}
	place, err := host.Find(ctx, target, snapshot.Mnt)
	if err != nil {
		return query.HoldTarget{}, err
	}
	if link := host.NSLink(name); link != "" && target == "" {
		t, err := query.TargetOf(w, link)
		t.Text = text
		return t, err
	}
	view := w.View(place.NS, 0)
	if view == nil {
		return fail(unsure{errors.New("its mount table could not be read")})
	}
	at, err := host.Locate(ctx, w, place, name)
	if err != nil {
		return byWords(w, view, text, name, err)
	}
	t := query.TargetAt(w, text, predict.Place{Mount: at.Mount, Path: at.Path})
	if target == "" {
		t.File = host.File(name)
	}
	return t, nil
}

// byWords takes a path that the kernel could not follow for a mount point by
// its text, as one on a dead server is; else for a device or source.
func byWords(w *world.World, view *world.View, text, name string, why error) (query.HoldTarget, error) {
	if m := view.Serving(path.Clean(name)); m != nil && m.Point == path.Clean(name) {
		return query.TargetAt(w, text, predict.Place{Mount: m, Path: m.Point}), nil
	}
	t, err := query.TargetOf(w, text)
	if errors.Is(err, query.ErrNoTarget) {
		return t, fmt.Errorf("find %s: %w", text, why)
	}
	return t, err
}
