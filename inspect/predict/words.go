package predict

import (
	"strings"
	"unicode/utf8"
)

// word is one word of a text of operations, or what ends an operation.
type word struct {
	text   string
	start  int // in bytes
	column int // in characters, from 1
	quoted bool
	ends   bool // a semicolon, or the end of the text
	last   bool // the end of the text
}

// cutWords cuts a text into words, as a shell does: quotes of either kind, a
// backslash before one character, semicolons.
func cutWords(text string) ([]word, error) {
	var list []word
	for at := 0; ; {
		at += len(text[at:]) - len(strings.TrimLeft(text[at:], " \t\n"))
		w := word{start: at, column: utf8.RuneCountInString(text[:at]) + 1}
		switch {
		case at == len(text):
			w.ends, w.last = true, true
			return append(list, w), nil
		case text[at] == ';':
			w.ends = true
			at++
		default:
			n, err := w.read(text)
			if err != nil {
				return nil, err
			}
			at += n
		}
		list = append(list, w)
	}
}

// read takes the word that starts here, and says how long it is in the text.
func (w *word) read(text string) (int, error) {
	var b strings.Builder
	quote := byte(0)
	i := w.start
	for ; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && quote != '\'' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case quote != 0:
			b.WriteByte(c)
		case c == '\'' || c == '"':
			quote, w.quoted = c, true
		case strings.IndexByte(" \t\n;", c) >= 0:
			w.text = b.String()
			return i - w.start, nil
		default:
			b.WriteByte(c)
		}
	}
	if quote != 0 {
		return 0, &ParseError{text, w.column, "a quote is not closed"}
	}
	w.text = b.String()
	return i - w.start, nil
}
