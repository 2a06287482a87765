// Package launch starts a command in new namespaces.
//
// A [Spec] says what is wanted. [Plan] turns it into the list of steps that
// make it so, without doing any: printed, the list is a dry run. [Start] does
// them one by one, up to the execve(2) of the command: most in a child, the
// others in the caller's process while the child waits. The first that fails is
// a [StepError], which knows its place in the plan and keeps the errno, though
// it crossed from one process into another; what the steps before it have made
// is taken back.
//
// # One more system call
//
// A [Step] is an [Action], and what it is for. An action of the child is a struct
// in a file of its own, whose fields are the arguments of the call (numbers,
// text, lists and structs of these: they are sent to the child), with a row in
// the table of actions; a field of Spec asks for it, and Plan says when it is
// done. Descriptors live in slots by name (child.put, child.fd): "rootfs" is
// the directory that becomes the root, and paths in it are followed by
// child.openIn and child.makeIn only. What a step makes outside of the new
// namespaces it notes in child.undo. An action of the caller is a
// [ParentAction], a value with a function, wherever it comes from.
//
// # The child
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
