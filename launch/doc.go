// Package launch starts a command in new namespaces.
//
// A [Spec] says what is wanted. [Plan] turns it into the list of system calls
// that make it so, without doing any: printed, the list is a dry run. [Start]
// has a child do them one by one, up to the execve(2) of the command. The first
// that fails is a [StepError], which knows its place in the plan and keeps the
// errno, though it crossed from one process into another.
//
// The child is this program once more. A program that uses the package asks
// [Dispatch] in the first line of its main:
//
//	if launch.Dispatch() {
//		os.Exit(1)
//	}
//
// The package touches and never looks: how the namespaces turned out is for
// package inspect to say. It works on Linux only.
package launch
