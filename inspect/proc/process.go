package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Process reads the wanted fields of p.PID into p and records in p.Read which
// it could. The error names each that it could not.
func (p *FS) Process(proc *snapshot.Process, want snapshot.Fields) error {
	var errs []error
	for _, f := range fieldReaders {
		if !want.Has(f.field) || proc.Read.Has(f.field) {
			continue
		}
		if err := f.read(p, proc); err != nil {
			errs = append(errs, fmt.Errorf("read %s of pid %d: %w", f.name, proc.PID, cause(err)))
			continue
		}
		proc.Read |= f.field
	}
	return errors.Join(errs...)
}

var fieldReaders = []struct {
	field snapshot.Fields
	name  string
	read  func(*FS, *snapshot.Process) error
}{
	{snapshot.FieldUser, "user", (*FS).readUser},
	{snapshot.FieldCommand, "command", (*FS).readCommand},
	{snapshot.FieldCgroup, "cgroup", (*FS).readCgroup},
	{snapshot.FieldStat, "stat", (*FS).readStat},
	{snapshot.FieldRoot, "root", (*FS).readRoot},
}

func path(pid int, file string) string { return strconv.Itoa(pid) + "/" + file }

// readUser takes the owner of /proc/PID, which is the effective user whatever
// prctl(PR_SET_DUMPABLE) says (proc(5)); a saved copy has it only in status.
func (p *FS) readUser(proc *snapshot.Process) (err error) {
	if s, ok := p.fsys.(statReader); ok {
		proc.UID, err = s.Owner(proc.PID)
		return err
	}
	b, err := p.read(path(proc.PID, "status"))
	if err != nil {
		return err
	}
	proc.UID, err = parseEUID(b)
	return err
}

func parseEUID(status []byte) (uint32, error) {
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte("Uid:")); ok {
			if f := bytes.Fields(rest); len(f) > 1 {
				uid, err := strconv.ParseUint(string(f[1]), 10, 32)
				return uint32(uid), err
			}
		}
	}
	return 0, &SyntaxError{What: "status", Text: string(status)}
}

// readCommand takes the arguments joined by blanks; a kernel thread, and a
// process that wiped them, has only its name.
func (p *FS) readCommand(proc *snapshot.Process) error {
	b, err := p.read(path(proc.PID, "cmdline"))
	if err != nil {
		return err
	}
	if b = bytes.TrimRight(b, "\x00"); len(b) > 0 {
		proc.Cmdline = string(bytes.ReplaceAll(b, []byte{0}, []byte{' '}))
		return nil
	}
	if b, err = p.read(path(proc.PID, "comm")); err == nil {
		proc.Comm = string(bytes.TrimSuffix(b, []byte{'\n'}))
	}
	return err
}

func (p *FS) readCgroup(proc *snapshot.Process) error {
	b, err := p.read(path(proc.PID, "cgroup"))
	if err != nil {
		return err
	}
	if string(b) != p.cgroup { // many processes in a row share one
		p.cgroup = string(b)
	}
	proc.Cgroup = p.cgroup
	return nil
}

func (p *FS) readStat(proc *snapshot.Process) error {
	b, err := p.read(path(proc.PID, "stat"))
	if err != nil {
		return err
	}
	return parseStat(b, proc)
}

func (p *FS) readRoot(proc *snapshot.Process) (err error) {
	proc.Root, err = fs.ReadLink(p.fsys, path(proc.PID, "root"))
	return err
}

// Fields of /proc/PID/stat after the command's closing bracket, counted from
// the state (proc_pid_stat(5) counts from 1, and the state is its third).
const (
	statState   = 0
	statPPID    = 1
	statThreads = 17
	statStart   = 19
)

// parseStat reads a stat line. The command may hold brackets, blanks and
// newlines, so the last bracket ends it.
func parseStat(b []byte, proc *snapshot.Process) error {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return &SyntaxError{What: "stat", Text: string(b)}
	}
	f := strings.Fields(string(b[end+1:]))
	if len(f) <= statStart {
		return &SyntaxError{What: "stat", Text: string(b)}
	}
	ppid, err1 := strconv.Atoi(f[statPPID])
	threads, err2 := strconv.Atoi(f[statThreads])
	start, err3 := strconv.ParseUint(f[statStart], 10, 64)
	if errors.Join(err1, err2, err3) != nil {
		return &SyntaxError{What: "stat", Text: string(b)}
	}
	proc.Comm = string(b[open+1 : end])
	proc.State = stateName(f[statState])
	proc.PPID, proc.Threads, proc.Start = ppid, threads, start
	return nil
}

// stateName is the state as /proc/PID/status spells it.
func stateName(letter string) string {
	if name, ok := stateNames[letter]; ok {
		return letter + " (" + name + ")"
	}
	return letter
}

var stateNames = map[string]string{
	"R": "running", "S": "sleeping", "D": "disk sleep", "T": "stopped",
	"t": "tracing stop", "X": "dead", "Z": "zombie", "P": "parked", "I": "idle",
}
