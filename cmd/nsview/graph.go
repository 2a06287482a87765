package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// picture is what --graph was given: FILE with the format as its ending, or
// FORMAT:FILE, where - is standard output.
type picture struct {
	file string
	draw func(io.Writer, query.Graph) error
}

func parsePicture(text string) (*picture, error) {
	format, file, named := strings.Cut(text, ":")
	if draw := render.Graphs[format]; named && draw != nil && file != "" {
		return &picture{file, draw}, nil
	}
	if draw := render.Graphs[strings.TrimPrefix(filepath.Ext(text), ".")]; draw != nil {
		return &picture{text, draw}, nil
	}
	return nil, hinted{
		fmt.Errorf("read the command line: --graph %s: no format of pictures is called so", text),
		"name a file that ends in .svg, .dot or .mmd, or write svg:FILE; svg:- is standard output",
	}
}

// drawGroups writes the picture of the groups.
func (a *app) drawGroups(w *world.World, answer query.Groups, p *picture) error {
	g := query.Propagation(w, answer)
	draw := func(out io.Writer) error { return p.draw(out, g) }
	var err error
	if p.file == "-" {
		err = draw(a.out)
	} else {
		err = writeFile(p.file, draw)
	}
	if err != nil {
		return fmt.Errorf("draw %s: %w", p.file, err)
	}
	return nil
}

// graphWant adds whose each namespace is.
func graphWant(want *snapshot.Want) {
	want.Lead = snapshot.FieldCgroup | snapshot.FieldCommand
	want.Names = true
}
