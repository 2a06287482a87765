package predict

import (
	"fmt"
	"slices"
	"strings"
)

// Ask is one operation as it was asked for.
type Ask struct {
	Op Op
	// Target names who does it (@TARGET), "" for nobody in particular.
	Target string
	// Text is the operation as it was written.
	Text string
}

// ParseError says where a text is no operation.
type ParseError struct {
	Text   string // all of it
	Column int    // from 1, in characters
	Why    string
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("column %d of %q: %s", e.Column, e.Text, e.Why)
}

// Parse reads operations, several separated by ";", each with @TARGET before it
// where another than the usual one does it. Words with spaces are put in quotes
// or have a backslash before the space, as in a shell. An error is a
// [*ParseError].
func Parse(text string) ([]Ask, error) {
	words, err := cutWords(text)
	if err != nil {
		return nil, err
	}
	var list []Ask
	for part := range parts(words) {
		p := parser{text: text, words: part[:len(part)-1], end: part[len(part)-1]}
		if len(p.words) == 0 {
			if len(list) > 0 && p.end.last {
				break // a semicolon at the end separates nothing
			}
			return nil, p.fail(p.end, "an operation is missing; there are "+strings.Join(Names(), ", "))
		}
		ask, err := p.ask()
		if err != nil {
			return nil, err
		}
		list = append(list, ask)
	}
	return list, nil
}

// Line makes one text of the words of a command line: a word that holds whole
// operations stays as it is, any other is one word. Where an operation has to
// begin, no other word has blanks in it.
func Line(args []string) string {
	list := make([]string, 0, len(args))
	begins := true
	for _, arg := range args {
		first := strings.TrimLeft(arg, blanks)
		i := strings.IndexAny(first, blanks+";")
		more := i >= 0 && i < len(first)-1
		if more {
			first = first[:i]
		}
		_, isVerb := verbOf(first)
		switch body, ends := strings.CutSuffix(arg, ";"); {
		case more && (begins || isVerb || strings.HasPrefix(first, "@")), arg == ";":
			list = append(list, arg)
		case ends:
			list = append(list, quoted(body)+";")
		default:
			list = append(list, quoted(arg))
		}
		begins = strings.HasSuffix(arg, ";")
	}
	return strings.Join(list, " ")
}

const blanks = " \t\n"

// quoted puts a word in quotes where it needs them.
func quoted(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\n;'\"\\") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// parts are the words between semicolons, each list with the semicolon or the
// end behind it.
func parts(words []word) func(func([]word) bool) {
	return func(yield func([]word) bool) {
		start := 0
		for i, w := range words {
			if w.ends {
				if !yield(words[start : i+1]) {
					return
				}
				start = i + 1
			}
		}
	}
}

// verb is an operation by name. args is how many words follow, those before
// the last named by want.
type verb struct {
	args int
	want string
	make func(op *Op, words []string) error
}

// verbOf finds an operation by name.
func verbOf(name string) (verb, bool) {
	two := func(kind Kind, more func(*Op)) verb {
		return verb{2, "SRC DST", func(op *Op, w []string) error {
			op.Kind, op.Src = kind, w[0]
			more(op)
			return nil
		}}
	}
	bind := func(all bool) verb {
		v := two(OpBind, func(op *Op) { op.Recursive = all })
		v.want = "[--idmap] SRC DST"
		return v
	}
	one := func(kind Kind, want string) verb {
		return verb{1, want, func(op *Op, _ []string) error { op.Kind = kind; return nil }}
	}
	switch name {
	case "mount":
		return verb{2, "TYPE DST", func(op *Op, w []string) error {
			op.Kind, op.FSType, op.Source = OpMount, w[0], w[0]
			return nil
		}}, true
	case "bind":
		return bind(false), true
	case "rbind":
		return bind(true), true
	case "move":
		return two(OpMove, func(*Op) {}), true
	case "beneath":
		return two(OpMove, func(op *Op) { op.Beneath = true }), true
	case "set-group":
		return two(OpSetGroup, func(*Op) {}), true
	case "remount":
		return verb{2, "FLAGS DST", func(op *Op, w []string) error { op.Kind = OpRemount; return op.Reflag(w[0]) }}, true
	case "pivot":
		return verb{2, "NEW OLD", func(op *Op, w []string) error { op.Kind, op.Src = OpPivot, w[0]; return nil }}, true
	case "umount":
		return one(OpUmount, "[-l] [-R] DST"), true
	case "chroot":
		return one(OpChroot, "DIR"), true
	case "unshare":
		return verb{0, "[--user]", func(op *Op, _ []string) error { op.Kind = OpUnshare; return nil }}, true
	}
	return makeVerb(name)
}

// makeVerb is one of make-shared, make-rshared and their like.
func makeVerb(name string) (verb, bool) {
	text, ok := strings.CutPrefix(name, "make-")
	kind := Propagation(text)
	recursive := ok && !slices.Contains(propagations, kind)
	if recursive {
		kind = Propagation(strings.TrimPrefix(text, "r"))
	}
	return verb{1, "DST", func(op *Op, _ []string) error {
		op.Kind, op.Type, op.Recursive = OpMake, kind, recursive
		return nil
	}}, ok && slices.Contains(propagations, kind) && (!recursive || strings.HasPrefix(text, "r"))
}

var propagations = []Propagation{Shared, Private, Slaved, Unbindable}

// Names are the names of all operations.
func Names() []string {
	return []string{
		"mount", "bind", "rbind", "move", "beneath", "umount", "make-shared", "make-rshared", "make-private", "make-rprivate",
		"make-slave", "make-rslave", "make-unbindable", "make-runbindable", "set-group", "remount", "unshare", "pivot", "chroot",
	}
}

// Usage is what follows the name of an operation.
func Usage(name string) string {
	v, _ := verbOf(name)
	return v.want
}

// parser reads one operation.
type parser struct {
	text  string
	words []word
	end   word
}

func (p *parser) fail(at word, why string) error {
	return &ParseError{p.text, at.column, why}
}

func (p *parser) next() (word, bool) {
	if len(p.words) == 0 {
		return p.end, false
	}
	w := p.words[0]
	p.words = p.words[1:]
	return w, true
}

func (p *parser) ask() (Ask, error) {
	a := Ask{Text: strings.TrimSpace(p.text[p.words[0].start:p.end.start])}
	w, _ := p.next()
	if target, ok := strings.CutPrefix(w.text, "@"); ok {
		if a.Target = target; target == "" {
			return a, p.fail(w, "@ stands before a TARGET, as in @4711")
		}
		if w, ok = p.next(); !ok {
			return a, p.fail(w, "an operation is missing after @"+target)
		}
	}
	v, ok := verbOf(w.text)
	if !ok {
		return a, p.fail(w, fmt.Sprintf("%q is no operation; there are %s", w.text, strings.Join(Names(), ", ")))
	}
	if err := p.options(w.text, &a.Op); err != nil {
		return a, err
	}
	args, err := p.arguments(w.text, v)
	if err != nil {
		return a, err
	}
	texts := make([]string, len(args))
	for i, arg := range args {
		texts[i] = arg.text
	}
	if err := v.make(&a.Op, texts); err != nil {
		return a, p.fail(args[0], err.Error())
	}
	if len(texts) > 0 {
		a.Op.Dst = texts[len(texts)-1]
	}
	return a, p.paths(a.Op, args)
}

// Option says whether a word is an option of some operation.
func Option(word string) bool {
	return slices.Contains([]string{"-l", "--lazy", "-lR", "-Rl", "-R", "--recursive", "--user", "-U", "--idmap"}, word)
}

// options takes the words with a dash.
func (p *parser) options(name string, op *Op) error {
	for len(p.words) > 0 && strings.HasPrefix(p.words[0].text, "-") && !p.words[0].quoted {
		w, _ := p.next()
		switch {
		case name == "umount" && slices.Contains([]string{"-l", "--lazy", "-lR", "-Rl"}, w.text):
			op.Lazy, op.Recursive = true, op.Recursive || len(w.text) == len("-lR")
		case name == "umount" && (w.text == "-R" || w.text == "--recursive"):
			op.Recursive = true
		case (name == "bind" || name == "rbind") && w.text == "--idmap":
			op.IDMap, op.Detached = true, true
		case name == "unshare" && (w.text == "--user" || w.text == "-U"):
			op.NewUser = true
		default:
			return p.fail(w, fmt.Sprintf("%s has no option %s: %s %s", name, w.text, name, Usage(name)))
		}
	}
	return nil
}

func (p *parser) arguments(name string, v verb) ([]word, error) {
	use := strings.TrimSpace(name + " " + v.want)
	if len(p.words) < v.args {
		return nil, p.fail(p.end, "too few words: "+use)
	}
	if len(p.words) > v.args {
		return nil, p.fail(p.words[v.args], "one word too many: "+use)
	}
	return p.words, nil
}

// paths have to be absolute: a TARGET has a working directory of its own.
func (p *parser) paths(op Op, args []word) error {
	for i, arg := range args {
		notPath := i == 0 && (op.Kind == OpMount || op.Kind == OpRemount)
		if !notPath && !strings.HasPrefix(arg.text, "/") {
			return p.fail(arg, fmt.Sprintf("%q does not start with /", arg.text))
		}
	}
	return nil
}
