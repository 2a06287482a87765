package snapshot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestTextKeepsAnyBytes: a name of the host comes through JSON as it was,
// whatever bytes it has, those of the escapes themselves included.
func TestTextKeepsAnyBytes(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, s string) {
		encoded := EncodeText(s)
		if !utf8.ValidString(encoded) {
			t.Fatalf("%q is written as %q, which is not UTF-8", s, encoded)
		}
		text, err := json.Marshal(encoded)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		var back string
		if err := json.Unmarshal(text, &back); err != nil || DecodeText(back) != s {
			t.Fatalf("%q comes back as %q (%v)", s, DecodeText(back), err)
		}
	}
	for _, s := range []string{
		"", "plain", "caf\xe9", "\xff\xfe", "\x00\x1b", "�", "\xef\xbf\xbd\xff",
		string(rune(bytePlane)), string(rune(bytePlane + 0xe9)), "\xf4\x8f\xbc", "\xed\xa0\x80", "文\xe6\x96",
		"\u2028<&>",
	} {
		check(t, s)
	}
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOf(rapid.OneOf(
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
			rapid.String(),
			rapid.Map(rapid.IntRange(bytePlane-2, 0x10ffff), func(r int) string { return string(rune(r)) }),
		)).Draw(t, "pieces")
		check(t, strings.Join(pieces, ""))
	})
}

// TestBusyKeepsAnyBytes: so do the names in what keeps file systems busy.
func TestBusyKeepsAnyBytes(t *testing.T) {
	const odd = "caf\xe9"
	busy := Busy{
		Uses:   []Use{{Kind: UseFD, PID: 1, Path: odd, Of: "tmpfs " + odd}},
		Blocks: []Block{{Name: "dm-0", DM: odd, Backing: "/" + odd}},
		Loops:  []Loop{{Name: "loop0", Path: odd}},
		Swaps:  []Swap{{Path: odd}},
		Named:  []Named{{Kind: NamedExport, Name: odd, Path: odd, File: odd}},
	}
	var file bytes.Buffer
	s := Snapshot{Version: FormatVersion, Busy: &busy}
	if err := s.Save(&file); err != nil {
		t.Fatal(err)
	}
	back, err := Load(&file)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back.Busy, &busy) {
		t.Errorf("%+v comes back as %+v", busy, *back.Busy)
	}
}

func TestUnescape(t *testing.T) {
	for escaped, want := range map[string]string{
		``:                 "",
		`/plain`:           "/plain",
		`/a\040b`:          "/a b",
		`\011\012\134\043`: "\t\n\\#",
		`\134040`:          `\040`,
		`\134134x41`:       `\134x41`,
		`\177\200\377`:     "\x7f" + `\200\377`, // never escaped by the kernel
		`\000`:             "\x00",
		`\`:                `\`,
		`\04`:              `\04`,
		`\089`:             `\089`,
		`\400`:             `\400`, // no byte
		`\999\040`:         `\999 `,
		`\+40`:             `\+40`,
		`\\040`:            `\ `,
		`end\040`:          "end ",
	} {
		if got := Unescape(escaped); got != want {
			t.Errorf("Unescape(%q) = %q, want %q", escaped, got, want)
		}
	}
}

// TestUnescapeUndoesTheKernel: mangle_path escapes blank, tab, newline,
// backslash and #; whatever else a name has stays.
func TestUnescapeUndoesTheKernel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.Map(rapid.SliceOf(rapid.OneOf(rapid.SampledFrom([]byte(" \t\n\\#041x")), rapid.Byte())),
			func(b []byte) string { return string(b) }).Draw(t, "name")
		var escaped strings.Builder
		for _, c := range []byte(name) {
			if strings.IndexByte(" \t\n\\#", c) >= 0 {
				fmt.Fprintf(&escaped, `\%03o`, c)
			} else {
				escaped.WriteByte(c)
			}
		}
		if got := Unescape(escaped.String()); got != name {
			t.Fatalf("%q is escaped as %q and read as %q", name, escaped.String(), got)
		}
	})
}
