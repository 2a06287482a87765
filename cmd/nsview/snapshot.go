package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/snapshot"
)

func (a *app) snapshot() *cobra.Command {
	var out string
	var busy bool
	cmd := &cobra.Command{
		Use:   "snapshot [-o FILE]",
		Short: "Save this host to a file, to study it elsewhere",
		Long: `snapshot saves what can be seen of the host to one JSON file: namespaces,
processes with their command lines, mount tables, container names. Every reading
command works on it with --from, without root and without Linux. A FILE whose
name ends in .gz is compressed; without -o it goes to standard output.`,
		Example: `  nsview snapshot -o host.json.gz
  nsview list --from host.json.gz -t mnt
  nsview tree --from host.json.gz web`,
		Args:              takes(0, "no arguments"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			host, err := a.host()
			if err != nil {
				return err
			}
			want := inspect.Everything()
			if busy {
				want.Busy = &snapshot.BusyWant{}
			}
			s, err := host.Take(cmd.Context(), want)
			if err != nil {
				return err
			}
			if err := a.save(s, out); err != nil {
				return err
			}
			a.gaps(s.Gaps, s.Reader.UID)
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "`FILE` to write; .gz compresses")
	cmd.Flags().BoolVar(&busy, "busy", false, "also what tasks and the kernel keep open, so that holders can answer from the file")
	return cmd
}

func (a *app) save(s *snapshot.Snapshot, name string) error {
	if name == "" || name == "-" {
		if err := s.Save(a.out); err != nil {
			return fmt.Errorf("save the host to standard output: %w", err)
		}
		return nil
	}
	err := writeFile(name, func(w io.Writer) error {
		if !strings.HasSuffix(name, ".gz") {
			return s.Save(w)
		}
		z := gzip.NewWriter(w)
		if err := s.Save(z); err != nil {
			return err
		}
		return z.Close()
	})
	if err != nil {
		return fmt.Errorf("save the host to %s: %w", name, err)
	}
	return nil
}

// writeFile makes a file appear whole or not at all. Only its owner may read
// it: command lines may hold secrets. The error does not name the file.
func writeFile(name string, write func(io.Writer) error) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return bareError(writeInto(name, write))
	}
	return bareError(writeWhole(name, write))
}

func writeWhole(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // a no-op once it is renamed
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// writeInto writes to what is no regular file, such as /dev/stdout or a pipe.
func writeInto(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
