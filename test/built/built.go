// Package built gives tests the nsview that they try as users do.
package built

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Var names a built nsview in the environment: scripts/test builds it once for
// all tests, which takes a user without a cache of builds over a minute.
const Var = "NSVIEW_BINARY"

// Nsview is the path of the program under test: the one that [Var] names, or one
// that it builds in a directory. The error holds what the compiler said.
func Nsview(dir string) (string, error) {
	if path := os.Getenv(Var); path != "" {
		return path, nil
	}
	path := filepath.Join(dir, "nsview")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", path, "github.com/nsview/nsview/cmd/nsview")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build nsview: %w\n%s", err, out)
	}
	return path, nil
}
