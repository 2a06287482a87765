package bundle

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// TestEveryPropertyIsSupportedOrRefused: a property that the next version of
// the specification adds must not be left out in silence.
func TestEveryPropertyIsSupportedOrRefused(t *testing.T) {
	seen := map[string]bool{}
	var walk func(rule string, typ reflect.Type)
	walk = func(rule string, typ reflect.Type) {
		if rule != "" {
			_, refused := refusals[rule]
			switch known := slices.Contains(supported(), rule); {
			case known && refused:
				t.Errorf("%s is both supported and refused", rule)
			case !known && !refused:
				t.Errorf("%s is neither supported nor refused", rule)
			}
			seen[rule] = true
			if refused {
				return
			}
		}
		switch typ = pointed(typ); typ.Kind() {
		case reflect.Slice:
			walk(rule+"[]", typ.Elem())
		case reflect.Map:
			walk(rule+"[*]", typ.Elem())
		case reflect.Struct:
			for _, f := range reflect.VisibleFields(typ) {
				if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
					walk(join(rule, name), f.Type)
				}
			}
		}
	}
	walk("", reflect.TypeFor[specs.Spec]())
	for _, rule := range supported() {
		if !seen[rule] {
			t.Errorf("the specification has no %s", rule)
		}
	}
	for rule := range refusals {
		if !seen[rule] {
			t.Errorf("the specification has no %s", rule)
		}
	}
}

// minimal is a configuration that makes sense, with more of it at the top.
func minimal(more string) string {
	if !strings.Contains(more, `"linux"`) {
		more += `"linux": {"namespaces": [{"type": "mount"}]}, `
	}
	return `{
 "ociVersion": "1.3.0",
 ` + more + `"root": {"path": "rootfs"},
 "process": {"user": {"uid": 0, "gid": 0}, "args": ["sh"], "cwd": "/"}
}`
}

func TestParse(t *testing.T) {
	b, err := Parse("config.json", []byte(minimal(`"hostname": "box", "linux": {"namespaces": [{"type": "mount"}, {"type": "uts"}]}, `)))
	if err != nil {
		t.Fatal(err)
	}
	if b.Config.Hostname != "box" || b.Config.Root.Path != "rootfs" || len(b.Warnings) != 0 {
		t.Errorf("%+v, warnings %q", b.Config, b.Warnings)
	}
}

// What is wrong is named with the place and the property.
func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "config.json:1:1: unexpected end of JSON input",
		"{\n  \"ociVersion\": \"1.0.2\",\n": "config.json:3:1: unexpected end of JSON input",
		"{\n  \"ociVersion\": 1.0.2\n}":     "config.json:2:20: invalid character '.' after object key:value pair",
		"{\"a\": 1,}":                       "config.json:1:9: invalid character '}' looking for beginning of object key string",
		"[]":                                "config.json:1:1: is an array where an object or a name of type Spec is wanted",
		minimal("") + "\n{}":                "config.json:6:1: there is more after the end of the object",
		minimal(`"hostname": 5, `):          "config.json:3:14: hostname: is a number where a string is wanted",
		minimal(`"mounts": [
  {"destination": "/a", "options": ["ro", {}]}], `): "config.json:4:43: mounts[0].options[1]: is an object where a string is wanted",
		minimal(`"mounts": {}, `): "config.json:3:12: mounts: is an object where an array is wanted",
		minimal(`"linux": {"devices": [{"path": "/dev/x", "type": "c", "fileMode": -1}]}, `): "config.json:3:68: linux.devices[0].fileMode: is a number where a number that fits FileMode is wanted",
		minimal(`"hostname": "a", "hostname": "b", `):                                        "config.json:3:19: hostname: the property comes twice",
		minimal(`"hostname": "a", "hostName": "b", `):                                        "config.json:3:19: hostname: the property comes twice",
		minimal(`"windows": {"layerFolders": []}, `):                                         "config.json:3:13: windows: is for another kind",
		minimal(`"linux": {"intelRdt": {"closID": "x"}}, `):                                  "config.json:3:24: linux.intelRdt: Intel RDT is not set up",
		`{"process": {"apparmorProfile": "x"}}`:                                              "config.json:1:33: process.apparmorProfile: AppArmor profiles are not applied",
		`{"a": ` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`:                 "values are nested more than 64 deep",
	} {
		_, err := Parse("config.json", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", text, err, want)
		}
		if wrong := (*Error)(nil); !errors.As(err, &wrong) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %T in one line is wanted", err, err)
		}
	}
}

// Empty values ask for nothing, so that nothing is refused.
func TestParseTakesEmptyValues(t *testing.T) {
	text := minimal(`"windows": null, "linux": {"namespaces": [{"type": "mount"}], "intelRdt": {}, "mountLabel": "", "netDevices": {}}, `)
	if _, err := Parse("config.json", []byte(text)); err != nil {
		t.Error(err)
	}
}

func TestParseWarns(t *testing.T) {
	b, err := Parse("config.json", []byte(minimal(`"linux": {"nameSpaces": [{"type": "mount"}], "name": {"x": [1]}},
 "annotations": {"any": "thing"}, "extra": {"hostname": 5}, `)))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"config.json:3:47: linux.name: not known to the runtime specification 1.3.0, ignored",
		"config.json:4:35: extra: not known to the runtime specification 1.3.0, ignored",
	}
	if !slices.Equal(b.Warnings, want) {
		t.Errorf("%q", b.Warnings)
	}
}

// Whatever the text, the survey and the decoder agree about what JSON is, and
// errors have a place.
func FuzzParse(f *testing.F) {
	f.Add(minimal(""))
	f.Add(minimal(`"linux": {"sysctl": {"a.b": "c"}, "namespaces": [{"type": "mount"}]}, `))
	f.Add(`{"a":[{},[],null,"",1e9]}`)
	f.Fuzz(func(t *testing.T, text string) {
		_, err := Parse("config.json", []byte(text))
		if err == nil {
			return
		}
		wrong := (*Error)(nil)
		if !errors.As(err, &wrong) {
			t.Fatalf("%T: %v", err, err)
		}
		if lines := strings.Count(text, "\n") + 1; wrong.Line < 1 || wrong.Line > lines || wrong.Column < 1 {
			t.Fatalf("place %d:%d in %d lines", wrong.Line, wrong.Column, lines)
		}
	})
}
