package snapshot

import (
	"strconv"
	"strings"
)

// Unescape undoes the octal escapes of mountinfo: \040 for a blank and its
// like (mangle_path and seq_escape in the kernel).
func Unescape(s string) string {
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for ; i >= 0; i = strings.IndexByte(s, '\\') {
		out = append(out, s[:i]...)
		if c, ok := octal(s[i:]); ok {
			out, s = append(out, c), s[i+4:]
		} else {
			out, s = append(out, '\\'), s[i+1:]
		}
	}
	return string(append(out, s...))
}

// octal reads one escape. The kernel escapes single characters of ASCII only.
func octal(s string) (byte, bool) {
	if len(s) < 4 {
		return 0, false
	}
	v, err := strconv.ParseUint(s[1:4], 8, 7)
	return byte(v), err == nil
}
