package snapshot

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestLoadRefuses(t *testing.T) {
	const table = `{"nsview_snapshot":1,"tables":[{"ns":{"ino":7},"mounts":[`
	for what, c := range map[string]struct{ file, want string }{
		"nothing":                       {"", "the file is cut short"},
		"cut in a string":               {`{"nsview_snapshot":1,"host":{"na`, "the file is cut short"},
		"cut at the end":                {`{"nsview_snapshot":1`, "the file is cut short"},
		"another JSON":                  {`{"namespaces":[]}`, "no snapshot of nsview: it has no nsview_snapshot version"},
		"a list":                        {`[]`, "cannot unmarshal array"},
		"a later version":               {`{"nsview_snapshot":2}`, "snapshot format 2 is not known, this nsview reads format 1"},
		"a later version, all else new": {`{"nsview_snapshot":99,"tables":{"new":"shape"}}`, "snapshot format 99 is not known"},
		"version 0":                     {`{"nsview_snapshot":0}`, "snapshot format 0 is not known"},
		"a version that is text":        {`{"nsview_snapshot":"1"}`, "cannot unmarshal string"},
		"two files":                     {`{"nsview_snapshot":1}{}`, "invalid character '{' after top-level value"},
		"a namespace twice":             {`{"nsview_snapshot":1,"namespaces":[{"id":{"ino":7},"type":"mnt"},{"id":{"ino":7},"type":"net"}]}`, "namespace net:[7] is there twice"},
		"a namespace without number":    {`{"nsview_snapshot":1,"namespaces":[{"id":{},"type":"pid"}]}`, "namespace pid:[0] is there twice, or has no number"},
		"an unknown type":               {`{"nsview_snapshot":1,"namespaces":[{"id":{"ino":7},"type":"syslog"}]}`, `unknown namespace type "syslog"`},
		"a process twice":               {`{"nsview_snapshot":1,"processes":[{"pid":5},{"pid":5}]}`, "process 5 is there twice"},
		"process 0":                     {`{"nsview_snapshot":1,"processes":[{"pid":0}]}`, "is no process id"},
		"process -1":                    {`{"nsview_snapshot":1,"processes":[{"pid":-1}]}`, "is no process id"},
		"a huge pid":                    {`{"nsview_snapshot":1,"processes":[{"pid":4194305}]}`, "is no process id"},
		"a pid of 65 bits":              {`{"nsview_snapshot":1,"processes":[{"pid":36893488147419103232}]}`, "cannot unmarshal number"},
		"a mount twice":                 {table + `{"id":3,"dev":"0:1"},{"id":3,"dev":"0:1"}]}]}`, "mount table of mnt:[7]: mount 3 is there twice"},
		"a mount id of 32 bits":         {table + `{"id":2147483648,"dev":"0:1"}]}]}`, "mount ids have 31 bits"},
		"a parent of 32 bits":           {table + `{"id":1,"parent":4294967296,"dev":"0:1"}]}]}`, "mount ids have 31 bits"},
		"a negative id":                 {table + `{"id":-1,"dev":"0:1"}]}]}`, "cannot unmarshal number"},
		"a circle of two":               {table + `{"id":3,"parent":4,"dev":"0:1"},{"id":4,"parent":3,"dev":"0:1"}]}]}`, "mount 3 is mounted below itself"},
		"a tail on a circle":            {table + `{"id":9,"parent":3,"dev":"0:1"},{"id":3,"parent":4,"dev":"0:1"},{"id":4,"parent":3,"dev":"0:1"}]}]}`, "mount 3 is mounted below itself"},
		"a device of one part":          {table + `{"id":3,"dev":"8"}]}]}`, "is not MAJOR:MINOR"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := Load(strings.NewReader(c.file))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("Load(%s): %v, want %q in one line", c.file, err, c.want)
			}
		})
	}
}

// endless is a file that never ends: one JSON string that goes on and on.
type endless struct{ read int64 }

func (e *endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'a'
	}
	if e.read == 0 {
		copy(b, `{"nsview_snapshot":1,"host":{"name":"`)
	}
	e.read += int64(len(b))
	return len(b), nil
}

// TestLoadHasALimit: no more is read of a file than a host can have.
func TestLoadHasALimit(t *testing.T) {
	const limit = 1 << 20
	in := &endless{}
	_, err := load(in, limit)
	if err == nil || err.Error() != "larger than 1 MiB, which no host of nsview's is" {
		t.Errorf("an endless file: %v", err)
	}
	if in.read > 2*limit {
		t.Errorf("%d bytes were read of a file of at most %d", in.read, limit)
	}
	full := `{"nsview_snapshot":1,"host":{"name":"` + strings.Repeat("x", limit-50) + `"}}`
	full += strings.Repeat(" ", limit-len(full))
	if _, err := load(strings.NewReader(full), limit); err != nil {
		t.Errorf("a file of the limit's size: %v", err)
	}
	if _, err := load(strings.NewReader(full+" "), limit); err == nil {
		t.Error("a file of one byte more is taken")
	}
}

func TestLoadReaderFails(t *testing.T) {
	broken := errors.New("input/output error")
	if _, err := Load(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("the cause is lost: %v", err)
	}
	if _, err := Load(iotest.ErrReader(io.ErrUnexpectedEOF)); err == nil || err.Error() != "the file is cut short" {
		t.Errorf("a cut file: %v", err)
	}
}

// TestSaveFails: a full disk is an error, once and with its cause.
func TestSaveFails(t *testing.T) {
	full := errors.New("no space left on device")
	s := &Snapshot{Version: 1, Processes: make([]Process, 2000)}
	if err := s.Save(failing{full}); !errors.Is(err, full) {
		t.Errorf("Save says %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestLoadNormalizes: the order in a file does not matter.
func TestLoadNormalizes(t *testing.T) {
	s, err := Load(strings.NewReader(`{"nsview_snapshot":1,
"namespaces":[{"id":{"ino":9},"type":"pid"},{"id":{"ino":8},"type":"mnt","holds":[{"kind":"thread","pid":2,"tid":4},{"kind":"fd","pid":9,"fd":1},{"kind":"fd","pid":3,"fd":7}]},{"id":{"ino":5},"type":"mnt"}],
"processes":[{"pid":9,"ns":[5,0,0,0,0,0,0,0]},{"pid":2,"ns":[8,0,0,0,0,0,0,0]}],
"tables":[{"ns":{"ino":8},"mounts":[]},{"ns":{"ino":5},"pid":9,"mounts":[]},{"ns":{"ino":5},"mounts":[]}],
"gaps":[{"subject":"b","op":"x","error":"y"},{"subject":"a","op":"x","error":"y"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Snapshot{
		Version: 1,
		Namespaces: []Namespace{
			{ID: NSID{Ino: 5}},
			{ID: NSID{Ino: 8}, Holds: []Hold{{Kind: HoldFD, PID: 3, FD: 7}, {Kind: HoldFD, PID: 9, FD: 1}, {Kind: HoldThread, PID: 2, TID: 4}}},
			{ID: NSID{Ino: 9}, Type: PID},
		},
		Processes: []Process{{PID: 2, NS: [NumTypes]uint64{8}}, {PID: 9, NS: [NumTypes]uint64{5}}},
		Tables:    []Table{{NS: NSID{Ino: 5}}, {NS: NSID{Ino: 5}, PID: 9}, {NS: NSID{Ino: 8}}},
		Gaps:      []Gap{{"a", "x", "y"}, {"b", "x", "y"}},
	}
	if diff := cmp.Diff(want, s, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// FuzzLoad: any bytes are refused in one line, or make a snapshot that is saved
// and loaded as itself.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"nsview_snapshot":1}`))
	f.Add([]byte(`{"nsview_snapshot":1,"want":{"types":255,"tables":{"all":true}},"namespaces":[{"id":{"dev":"0:4","ino":8},"type":"mnt","owner_uid":0,"nr_mounts":3}],"processes":[{"pid":2,"ns":[8,0,0,0,0,0,0,0],"comm":"\ud83f"}]}`))
	f.Add([]byte(`{"nsview_snapshot":1,"users":{"0":"root"},"tables":[{"ns":{"ino":8},"root":"/\udbff\udfe9","mounts":[{"id":3,"parent":3,"dev":"8:1","usage":{"size":1},"tags":["x:1"]}]}]}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := Load(bytes.NewReader(file))
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		var first, second bytes.Buffer
		if err := s.Save(&first); err != nil {
			t.Fatal(err)
		}
		again, err := Load(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatalf("what was saved does not load: %v\n%s", err, first.Bytes())
		}
		if err := again.Save(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("saved again it is another file (%v):\n%s\n%s", err, first.Bytes(), second.Bytes())
		}
	})
}
