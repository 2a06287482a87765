//go:build linux

package main

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// fileMemory is how much of files this process has in memory, in KiB.
func fileMemory(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^RssFile:\s+(\d+) kB$`).FindSubmatch(status)
	if m == nil {
		t.Skip("needs a kernel that tells RssFile (Linux 4.5)")
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestGiveBack(t *testing.T) {
	before := fileMemory(t)
	giveBack()
	if after := fileMemory(t); after > before-1024 {
		t.Errorf("%d KiB of files in memory before, %d after", before, after)
	}
}
