// Package render writes answers down: as a table, as a tree, as JSON.
//
// A [Column] says how one cell of a row is made, as text and as a JSON value.
// Whether a table is drawn by tablewriter, for a person, or streamed, for a
// pipe and for more than a few hundred rows, is decided in [Table]; both look
// the same. Nothing here asks questions or reads the host.
//
// Whatever comes from the host is made harmless first: control characters and
// bytes that are not UTF-8 are written as \xNN.
package render
