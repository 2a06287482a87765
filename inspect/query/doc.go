// Package query asks one question of a world and answers with a value.
//
// Each file holds one question: [List] which namespaces there are, [Members]
// which processes are in one, [Trees] what a namespace's mounts look like. An
// answer carries the evidence it rests on and the gaps that limit it. Nothing
// here reads, prints or knows a terminal.
package query
