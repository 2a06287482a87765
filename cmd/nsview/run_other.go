//go:build !linux

package main

import (
	"errors"

	"github.com/spf13/cobra"
)

func (a *app) runContainer() *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Start a container, with every step visible",
		RunE: func(*cobra.Command, []string) error {
			return errors.New("start a container: namespaces need Linux")
		},
	}
}
