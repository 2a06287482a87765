// Package state keeps what is known of running containers in a directory, so
// that another nsview can find, name and stop them:
//
//	DIR/ID/state.json   what is known of a container
//	DIR/ID/lock         held by the nsview that looks after it
//	DIR/names/NAME      a symbolic link that says the ID
//
// An entry belongs to whoever holds its lock. One that nobody holds is of a
// container that ended with the machine or with all of nsview killed, and its
// name is free. It works on Linux only.
package state
