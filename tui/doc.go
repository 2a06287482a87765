// Package tui is the interactive browser of one host: its mount namespaces, the
// mount tree of the chosen one, the peer groups, all about what is chosen, and
// what happens, as it happens.
//
// The root [Model] routes messages and knows which pane has the keys; each pane
// is a package with Model, New, Update, View and Styles, whose keys are those of
// package scroll:
//
//	spaces    the mount namespaces, grouped by whose they are
//	mounts    the mount tree of one
//	groups    peer groups, masters above those that receive from them
//	details   everything about what is chosen
//	events    the propagations, the newest last
//	pager, choice, prompt    a text, a list and a question over the screen
//
// Where they stand is a function of the screen's size ([Arrange]), and the help
// is made from the key bindings. Only what is visible is drawn: the table of a
// namespace may have 50,000 mounts. What is chosen in one pane is marked in the
// others (package mark), and all panes call namespaces the same (package names).
// A prediction is shown as a world of its own, with what it changes laid over it
// (package preview).
//
// Nothing is read in Update: commands read, and their answers come back as
// messages. The namespaces are read first. Then the host is followed by a
// [Watcher], whose steps a [watch.Recording] keeps, so that the screen can show
// the host as it was after any of them; a host that cannot be followed is read
// once, and again when the user asks for it. A waiting command takes all that
// comes within a moment in one go and builds the new world, so a burst costs one
// frame.
package tui
