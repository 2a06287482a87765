// Package predict holds the kernel's rules of mounting as pure functions on a
// world: what an operation would do, or the error it would meet.
//
// The rules are those of Documentation/filesystems/sharedsubtree.rst,
// mount_namespaces(7) and mount(2). There is one set of them: the question
// "does B see what is mounted in A" walks the same way as the prediction of
// the mount itself. Each rule is held against a live kernel by a test.
package predict
