// Package sweep removes what a program leaves behind on the host, also when the
// program is killed: control groups, directories and files.
//
// A [Sweeper] is a process of its own, which knows what there is to remove and
// waits for the program's end. It ends with the program's side of a pipe, by
// [Sweeper.Close] or by the kernel, and removes everything then: there is one
// way to tidy up, and it is taken every time.
//
// The process is the program once more. A program that uses the package asks
// [Dispatch] in the first line of its main. It works on Linux only.
package sweep
