// Package tui is the interactive browser of one host: its mount namespaces, the
// mount tree of the chosen one, and all about the chosen mount.
//
// The root [Model] routes messages and knows which pane has the keys; each pane
// is a package with Model, New, Update, View, KeyMap and Styles. Where they
// stand is a function of the screen's size ([Arrange]), and the help is made
// from the key bindings. Only what is visible is drawn: the table of a
// namespace may have 50,000 mounts.
//
// Nothing is read in Update: a [Look] runs in a command and comes back as a
// message. The namespaces are read first, each one's mount table when it is
// chosen.
package tui
