package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"text/tabwriter"
)

// writeTable draws the rows. What went wrong is told below them, at length.
func writeTable(out io.Writer, rows []row) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "HOST\tQUESTION\tPEER\tPEER CPU ms\tNSVIEW CPU ms\tRATIO\tTARGET\t\tPEAK MiB\tLINES")
	var remarks []string
	for _, r := range rows {
		short, why, long := strings.Cut(r.verdict, ": ")
		if long {
			remarks = append(remarks, fmt.Sprintf("%s, %s, %s: %s", r.host, r.question, short, why))
		}
		fmt.Fprintln(w, strings.Join([]string{
			r.host, r.question, r.peer, r.theirs, r.ours, r.ratio, r.target, short, r.peaks, r.lines,
		}, "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, remark := range remarks {
		if _, err := fmt.Fprintln(out, remark); err != nil {
			return err
		}
	}
	return nil
}

// writeMachine says what the figures hold for.
func writeMachine(out io.Writer) error {
	loads, _ := os.ReadFile("/proc/loadavg")
	load, _, _ := bytes.Cut(loads, []byte(" "))
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	_, err := fmt.Fprintf(out, "Linux %s, %d cores, load %s, %s\n%s\n%s\n",
		bytes.TrimSpace(kernel), runtime.NumCPU(), load, runtime.Version(),
		version("lsns"), version("findmnt"))
	return err
}

func version(peer string) string {
	text, err := exec.Command(peer, "--version").Output()
	if err != nil {
		return "no " + peer
	}
	return string(bytes.TrimSpace(text))
}

// times shows milliseconds, with more digits for fewer of them.
func times(s spread) string {
	digits := 1
	if s.Median >= 100 {
		digits = 0
	}
	return fmt.Sprintf("%.*f (%.*f-%.*f)", digits, s.Median, digits, s.Min, digits, s.Max)
}

func rateText(s spread) string {
	return fmt.Sprintf("%s (%s - %s)", fraction(s.Median), fraction(s.Min), fraction(s.Max))
}

// fraction shows what is well below 1 as 1/n, as the promises are worded.
func fraction(x float64) string {
	if x > 0 && x <= 0.5 {
		return fmt.Sprintf("1/%.3g", 1/x)
	}
	return fmt.Sprintf("%.2f", x)
}
