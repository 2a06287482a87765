package render

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// Safe makes a string of the host harmless for a terminal: control characters
// and bytes that are not UTF-8 become \xNN, and a backslash before an x too, so
// that the two can be told apart (the habit of findmnt and lsns).
func Safe(s string) string { return escape(s, false) }

// raw is Safe for a table whose cells are separated by single blanks: blanks
// and backslashes are written as \xNN too.
func raw(s string) string { return escape(s, true) }

func escape(s string, blanks bool) string {
	if plain(s, blanks) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		bad := r == utf8.RuneError && n == 1 || !printable(r) ||
			blanks && (r == '\\' || unicode.IsSpace(r)) ||
			r == '\\' && i+1 < len(s) && s[i+1] == 'x'
		for ; n > 0; n-- {
			if bad {
				b.WriteString(`\x`)
				b.WriteByte(hexDigits[s[i]>>4])
				b.WriteByte(hexDigits[s[i]&15])
			} else {
				b.WriteByte(s[i])
			}
			i++
		}
	}
	return b.String()
}

// plain says whether a string is ASCII that needs no care: nearly all are.
func plain(s string, blanks bool) bool {
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || c == '\\' || c == ' ' && blanks {
			return false
		}
	}
	return true
}

// printable leaves out controls (C0, DEL, C1), and what turns or hides text:
// bidirectional marks, zero-width and private characters, line separators.
func printable(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.Is(unicode.Zl, r) && !unicode.Is(unicode.Zp, r)
}

// appendJSON adds a JSON string of at most printable characters: what Safe
// would change is \u00NN or, where it is not UTF-8, \xNN.
func appendJSON(b []byte, s string) []byte {
	if plain(s, false) && strings.IndexByte(s, '"') < 0 {
		b = append(append(b, '"'), s...)
		return append(b, '"')
	}
	if !utf8.ValidString(s) {
		s = invalid(s)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string cannot fail
	return append(b, escapeRunes(bytes.TrimSuffix(out.Bytes(), []byte{'\n'}))...)
}

// invalid writes the bytes that are not UTF-8 as \xNN.
func invalid(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			b.WriteString(`\x` + string(hexDigits[s[i]>>4]) + string(hexDigits[s[i]&15]))
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// escapeRunes writes what encoding/json leaves raw and a terminal might act on.
func escapeRunes(b []byte) []byte {
	out := make([]byte, 0, len(b)+8)
	for _, r := range string(b) {
		switch {
		case printable(r):
			out = utf8.AppendRune(out, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = appendUnicode(appendUnicode(out, high), low)
		default:
			out = appendUnicode(out, r)
		}
	}
	return out
}

func appendUnicode(b []byte, r rune) []byte {
	return append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}
