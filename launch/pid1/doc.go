// Package pid1 is a small init for containers: it starts the command, passes
// signals on to it, waits for whatever process becomes its child, and ends with
// the command's exit status, as tini does.
//
// The first process of a pid namespace is special (pid_namespaces(7)): it
// inherits every orphan, and signals that it has no handler for do not reach
// it. Most commands are not made for that.
//
// A program that uses the package asks [Dispatch] in the first line of its main,
// and becomes an init by execve(2) with [Args]. It works on Linux only.
package pid1
