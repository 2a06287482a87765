// Package capset holds sets of capabilities (capabilities(7)) as container
// engines choose them: Docker's default, what is added and dropped by name, and
// the five sets that a process has. It works on Linux only.
package capset
