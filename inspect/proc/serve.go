package proc

import (
	"io/fs"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Array is an md array as /proc/mdstat shows it.
type Array struct {
	Name string
	Kind string   // "active raid1"
	Of   []string // the devices that it is made of
}

// Arrays lists the md arrays (md(4)): "md0 : active raid1 sdb1[1] sda1[0](F)".
func (p *FS) Arrays() []Array {
	var list []Array
	for line := range strings.Lines(p.text("mdstat")) {
		name, rest, ok := strings.Cut(line, " : ")
		if !ok || !strings.HasPrefix(name, "md") {
			continue
		}
		a := Array{Name: name}
		var kind []string
		for word := range strings.FieldsSeq(rest) {
			if device, _, ok := strings.Cut(word, "["); ok {
				a.Of = append(a.Of, device)
			} else {
				kind = append(kind, word)
			}
		}
		a.Kind = strings.Join(kind, " ")
		list = append(list, a)
	}
	return list
}

// ServesSMB says whether the kernel's SMB server is there
// (Documentation/filesystems/smb/ksmbd.rst).
func ServesSMB(sys fs.FS) bool {
	_, err := fs.Stat(sys, "class/ksmbd-control")
	return err == nil
}

// Shares are the directories that the configuration of the SMB server names, of
// an /etc: a section for each share, with a line "path = ..." (ksmbd.conf(5)).
func Shares(etc fs.FS) ([]snapshot.Named, error) {
	text, err := fs.ReadFile(etc, "ksmbd/ksmbd.conf")
	if err != nil {
		return nil, cause(err)
	}
	var list []snapshot.Named
	section := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
			continue
		}
		key, value, _ := strings.Cut(line, "=")
		if strings.EqualFold(strings.TrimSpace(key), "path") {
			list = append(list, snapshot.Named{Kind: snapshot.NamedShare, Name: section, Path: strings.TrimSpace(value)})
		}
	}
	return list, nil
}
