// Package attach connects whoever started a container with it: the user's
// terminal with the container's, and the signals that nsview gets with the
// container's first process. It works on Linux only.
package attach
