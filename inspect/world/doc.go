// Package world holds what follows from a snapshot: which processes are in
// which namespace and who owns them, how the mounts of a table hang together,
// which of them are hidden, and where each receives from.
//
// A [World] is built once by [Build] and never changed. The same snapshot gives
// the same world in the same order. Nothing here reads anything.
//
// What the snapshot could not see stays unseen here: [World.Gaps] says so, and
// a question that needs it answers "unknown".
package world
