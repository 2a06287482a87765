package render

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/nsview/nsview/inspect/snapshot"
)

func TestSafe(t *testing.T) {
	for in, want := range map[string]string{
		"":                    "",
		"/plain path":         "/plain path",
		"a\nb\tc\x00":         `a\x0ab\x09c\x00`,
		"\x1b[2J\x07":         `\x1b[2J\x07`,
		"\x7f":                `\x7f`,
		"\u009b31m":           `\xc2\x9b31m`, // CSI in one character
		"caf\xe9":             `caf\xe9`,
		`\x41`:                `\x5cx41`,
		`\\x41`:               `\\x5cx41`[0:1] + `\x5cx41`,
		`C:\temp`:             `C:\temp`,
		`end\`:                `end\`,
		"文件é":                 "文件é",
		"photo\u202egpj.exe":  `photo\xe2\x80\xaegpj.exe`,
		"a\u200db\ufeff":      `a\xe2\x80\x8db\xef\xbb\xbf`,
		"line\u2028paragraph": `line\xe2\x80\xa8paragraph`,
		"\ue000":              `\xee\x80\x80`, // private use: a font may show anything
		"\ufffd":              "\ufffd",       // that character itself
		"\xed\xa0\x80":        `\xed\xa0\x80`, // a surrogate is not UTF-8
	} {
		if got := Safe(in); got != want {
			t.Errorf("Safe(%q) = %q, want %q", in, got, want)
		}
	}
}

// anyText is bytes, text and what attacks terminals, mixed.
func anyText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.OneOf(
			rapid.String(),
			rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 6), func(b []byte) string { return string(b) }),
			rapid.SampledFrom([]string{"\x1b]0;x\x07", `\x`, `\`, "\u202e", "\u0085", "\u200b", "文", "e\u0301", "\U000e0001", "<&>", "\u2028", " "}),
		), 0, 5).Draw(t, "pieces"), "")
	})
}

// harmless says whether a terminal shows a text and does nothing else.
func harmless(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
	})
}

// TestNothingRawReachesATerminal: whatever a host names, what is printed can be
// turned back, and holds nothing that a terminal acts on.
func TestNothingRawReachesATerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyText().Draw(t, "text")
		for name, text := range map[string]string{"Safe": Safe(s), "raw": raw(s)} {
			if !harmless(text) {
				t.Fatalf("%s(%q) = %q", name, s, text)
			}
			if back := unescape(text); back != s {
				t.Fatalf("%s(%q) = %q, which is %q", name, s, text, back)
			}
		}
		if strings.ContainsFunc(raw(s), unicode.IsSpace) {
			t.Fatalf("raw(%q) = %q: a blank parts cells", s, raw(s))
		}
	})
}

// unescape undoes \xNN.
func unescape(s string) string {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x' {
			if c, err := strconv.ParseUint(s[i+2:i+4], 16, 8); err == nil {
				b = append(b, byte(c))
				i += 3
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// TestJSONStrings: JSON is harmless on a terminal too, and a parser gets back
// what the host said wherever JSON can say it.
func TestJSONStrings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyText().Draw(t, "text")
		out := appendJSON(nil, s)
		var back string
		if err := json.Unmarshal(out, &back); err != nil {
			t.Fatalf("appendJSON(%q) = %s: %v", s, out, err)
		}
		if !harmless(string(out)) {
			t.Fatalf("appendJSON(%q) = %q", s, out)
		}
		if utf8.ValidString(s) && back != s {
			t.Fatalf("%q comes back as %q", s, back)
		}
		if !utf8.ValidString(s) && !strings.Contains(back, `\x`) {
			t.Fatalf("%q comes back as %q, without its bytes", s, back)
		}
	})
}

// TestJSONValues: one document, whatever the values.
func TestJSONValues(t *testing.T) {
	var b bytes.Buffer
	j := newJSON(&b)
	err := j.document(func() {
		j.field("list", true)
		j.array(2, func(i int) {
			columns(j, []Column[int]{
				{Name: "TEXT", Text: func(int) string { return "a\xff" }},
				{Name: "NONE", Text: func(int) string { return "" }},
				{Name: "NUMBER", Text: strconv.Itoa, JSON: func(i int) any { return uint64(1<<64 - 1) }},
				{Name: "FLAG", Text: strconv.Itoa, JSON: func(i int) any { return i > 0 }},
				{Name: "LIST", Text: strconv.Itoa, JSON: func(i int) any { return []string{"x", "\x1b"} }},
				{Name: "OTHER", Text: strconv.Itoa, JSON: func(i int) any { return map[string]int{"k": i} }},
				{Name: "BROKEN", Text: strconv.Itoa, JSON: func(i int) any { return func() {} }},
			}, i)
		})
		j.field("empty", false)
		j.array(0, nil)
		j.gaps([]snapshot.Gap{{Subject: "pid 1", Op: "read", Error: "permission denied\n"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"list":[{"text":"a\\xff","none":null,"number":18446744073709551615,"flag":false,"list":["x","\u001b"],"other":{"k":0},"broken":null,"raw_base64":{"text":"Yf8="}},` +
		`{"text":"a\\xff","none":null,"number":18446744073709551615,"flag":true,"list":["x","\u001b"],"other":{"k":1},"broken":null,"raw_base64":{"text":"Yf8="}}],` +
		`"empty":[],"gaps":[{"subject":"pid 1","op":"read","error":"permission denied\n"}]}`
	var got bytes.Buffer
	if err := json.Compact(&got, b.Bytes()); err != nil || got.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got.String(), want)
	}
	if lines := bufio.NewScanner(&b); !lines.Scan() || lines.Text() != "{" {
		t.Error("it does not start with a line of {")
	}
}

// FuzzSafe runs the same on any bytes.
func FuzzSafe(f *testing.F) {
	f.Add("\x1b[31m\xff\\x41")
	f.Fuzz(func(t *testing.T, s string) {
		if text := Safe(s); !harmless(text) || unescape(text) != s {
			t.Errorf("Safe(%q) = %q", s, text)
		}
		if out := appendJSON(nil, s); !json.Valid(out) || !harmless(string(out)) {
			t.Errorf("appendJSON(%q) = %q", s, out)
		}
	})
}
