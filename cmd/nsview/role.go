package main

import (
	"github.com/nsview/nsview/fixtures/labs/stage"
	"github.com/nsview/nsview/launch"
	"github.com/nsview/nsview/launch/pid1"
	"github.com/nsview/nsview/launch/sweep"
)

// otherRole does the work of a process that nsview has made of itself, by the
// name that it was given: the beginning of a container, its init, what removes
// it, an actor of a lab. It says what to exit with, and is false at once when
// this is nsview as people start it.
func otherRole() (status int, was bool) {
	if launch.Dispatch() {
		return exitFailure, true
	}
	if status, was := stage.Dispatch(); was {
		return status, true
	}
	if status, was := pid1.Dispatch(); was {
		return status, true
	}
	return exitYes, sweep.Dispatch()
}
