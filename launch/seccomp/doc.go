// Package seccomp compiles seccomp profiles (seccomp(2)) into the program that
// the kernel runs at each system call.
//
// A profile is what an OCI bundle has as linux.seccomp, or a file as
// docker run --security-opt seccomp=FILE takes it; [Default] is Docker's own.
// [Compile] makes a binary search over the numbers of system calls of it, for
// each of the profile's architectures, without libseccomp. It loads nothing:
// the program is bytes, which another process may load.
//
// It works on Linux only.
package seccomp
