//go:build !linux

package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"
)

func isKeeper() bool { return false }

func voice() *os.File { return nil }

func (a *app) stop() *cobra.Command {
	return &cobra.Command{
		Use:   "stop",
		Short: "End containers that nsview run has started",
		RunE: func(*cobra.Command, []string) error {
			return errors.New("stop a container: namespaces need Linux")
		},
	}
}

func (a *app) runContainer() *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Start a container, with every step visible",
		RunE: func(*cobra.Command, []string) error {
			return errors.New("start a container: namespaces need Linux")
		},
	}
}
