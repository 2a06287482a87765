// Package subid reads which ranges of ids a user may map in user namespaces
// (subuid(5), subgid(5)). It works on Linux only.
package subid
