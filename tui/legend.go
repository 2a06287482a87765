package tui

import (
	"strings"

	"github.com/nsview/nsview/tui/mark"
	"github.com/nsview/nsview/tui/pager"
	"github.com/nsview/nsview/tui/preview"
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
	{Name: "in a preview", Text: "what would happen to a mount, and to how many of a namespace:"},
	{Name: legendOf(preview.New, preview.Gone), Text: "new, gone; what moves is gone from where it is"},
	{Name: legendOf(preview.Changed), Text: "moved, of another propagation or with other flags"},
	{Name: legendOf(preview.Hidden, preview.Shown), Text: "hidden by another mount, seen again"},
	{Name: legendOf(preview.Stays), Text: "left out, or staying, against what one may expect"},
	{Name: "-1", Text: "a number below zero: a namespace, mount or peer group that is not yet made"},
	{Name: "+3", Text: "propagations that concerned a namespace since you last looked at it"},
}

// legendOf are the symbols of kinds of change.
func legendOf(kinds ...preview.Kind) string {
	var list []string
	for _, k := range kinds {
		list = append(list, k.Symbol())
	}
	return strings.Join(list, " ")
}
