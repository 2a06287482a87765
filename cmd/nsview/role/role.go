// Package role is what nsview is when it was started by itself: the beginning
// of a container, its init, what tidies up behind it, or what asks a file server
// that may not answer. Whoever imports it
// takes the role on and ends with it, before its own main.
//
// That is for time. A container takes two or three such processes, and half of
// the start of nsview is initialising packages that these never use. Go
// initialises packages in the order of their import paths, each as soon as what
// it imports is ready (language specification, "Program initialization"; the
// linker's inittask.go): this one, which imports little, comes before most of
// the libraries of tables and terminals. Nothing depends on its being early.
package role

import (
	"os"

	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/launch"
	"github.com/nsview/nsview/launch/pid1"
	"github.com/nsview/nsview/launch/sweep"
)

// refused is the status of a beginning that did not become a container; the
// nsview that made it has heard why.
const refused = 2

func init() {
	if launch.Dispatch() {
		os.Exit(refused)
	}
	if status, was := pid1.Dispatch(); was {
		os.Exit(status)
	}
	if sweep.Dispatch() || kernel.Dispatch() {
		os.Exit(0)
	}
}
