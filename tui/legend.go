package tui

import (
	"github.com/nsview/nsview/tui/mark"
	"github.com/nsview/nsview/tui/pager"
)

// legend says what the symbols mean.
var legend = []pager.Line{
	{Name: mark.Shared.Symbol(), Text: "shared: sends to its peers and receives from them"},
	{Name: mark.Slaved.Symbol(), Text: "slave: receives from a master only"},
	{Name: mark.SharedSlave.Symbol(), Text: "shared and slave: receives from a master, and passes on to its peers"},
	{Name: mark.Private.Symbol(), Text: "private: neither sends nor receives"},
	{Name: mark.Unbindable.Symbol(), Text: "unbindable: private, and cannot be bind mounted"},
	{Name: "at the left", Text: "what a row has to do with what is chosen elsewhere:"},
	{Name: mark.Peer.Symbol(), Text: "a peer of the chosen mount"},
	{Name: mark.Master.Symbol(), Text: "the chosen mount receives from it"},
	{Name: mark.Slave.Symbol(), Text: "it receives from the chosen mount"},
	{Name: mark.Origin.Symbol() + " " + mark.Receiver.Symbol(), Text: "where the chosen propagation started, and where it arrived"},
	{Name: mark.From.Symbol() + " " + mark.To.Symbol(), Text: "the places that you marked"},
	{Name: "+3", Text: "propagations that concerned a namespace since you last looked at it"},
}
