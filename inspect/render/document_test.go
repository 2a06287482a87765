package render

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDocument(t *testing.T) {
	var b strings.Builder
	said := "\x1b[31m \u009b \u202e <&> \"\n"
	if err := Document(&b, map[string]any{"said": said, "n": 1}); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"\x1b", "\u009b", "\u202e"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("%q is raw in %q", bad, &b)
		}
	}
	var back struct {
		Said string
		N    int
	}
	if err := json.Unmarshal([]byte(b.String()), &back); err != nil || back.Said != said || back.N != 1 {
		t.Errorf("%v: %+v of %s", err, back, &b)
	}
}
