// The command bench compares nsview with lsns and findmnt on synthetic hosts,
// and with the figures that nsview promises. See README.md for how to read it.
//
//	main ──hostgen──> bench inside (in the host) ──> lsns, nsview, lsns, nsview, …
//	     <── results, one JSON value a question ──
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == insideRole {
		end(inside(os.Args[2], os.Stdout))
	}
	if len(os.Args) == 3 && os.Args[1] == watchRole {
		end(insideWatch(os.Args[2], os.Stdout))
	}
	if len(os.Args) == 3 && os.Args[1] == mounterRole {
		end(mountAndUmount(os.Args[2]))
	}
	o := options{}
	flag.StringVar(&o.hosts, "hosts", "S,M,L,F10k,F50k,scale,watch,run", "which hosts, of these")
	flag.IntVar(&o.pairs, "n", 0, "measured pairs of each question (default 5; 3 for the tree of 50,000 mounts)")
	flag.BoolVar(&o.strict, "strict", false, "exit 1 when a figure is over its target or could not be had")
	flag.Parse()
	status, err := run(o, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	os.Exit(status)
}

// end ends a part that the bench plays.
func end(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	os.Exit(0)
}

type options struct {
	hosts  string
	pairs  int
	strict bool
}

// run exits with 1 for a figure over its target when that is asked for, and
// with 2 when nothing can be measured.
func run(o options, out io.Writer) (int, error) {
	wanted, err := choose(o.hosts)
	if err != nil {
		return 2, err
	}
	if os.Geteuid() != 0 {
		_, err := fmt.Fprintln(out, "skipped: not root, so no host can be built")
		return 0, err
	}
	l, err := prepare(o.pairs)
	if err != nil {
		return 2, err
	}
	// The load of now: the hosts themselves drive it up when they are built.
	if err := writeMachine(out); err != nil {
		return 2, errors.Join(err, l.close())
	}
	var rows []row
	for _, name := range wanted {
		if name == scaleName {
			rows = append(rows, l.scale()...)
			continue
		}
		if name == watchName {
			rows = append(rows, l.watchRows()...)
			continue
		}
		if name == runName {
			rows = append(rows, l.containers()...)
			continue
		}
		rows = append(rows, l.compare(hosts[name])...)
	}
	err = errors.Join(writeTable(out, rows), l.close())
	if err != nil {
		return 2, err
	}
	if o.strict && anyBad(rows) {
		return 1, nil
	}
	return 0, nil
}

func choose(names string) ([]string, error) {
	wanted := strings.Split(names, ",")
	for _, name := range wanted {
		if _, ok := hosts[name]; !ok && name != scaleName && name != watchName && name != runName {
			return nil, fmt.Errorf("-hosts %s: no host is called %q", names, name)
		}
	}
	return wanted, nil
}
