package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/launch/state"
)

func (a *app) stop() *cobra.Command {
	var seconds uint32
	cmd := &cobra.Command{
		Use:   "stop [flags] CONTAINER...",
		Short: "End containers that nsview run has started",
		Long: `stop asks the first process of a container to end, by SIGTERM, kills it when it
has not done so in time, and waits until nothing is left of the container. It
knows those that have a name or are detached: by name, or by the beginning of
the id.`,
		Example: `  nsview run -d --name web /srv/web -- httpd -f
  nsview stop web`,
		ValidArgsFunction: a.completeContainer,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return hinted{errors.New("read the command line: stop wants the name of a container"), "see nsview stop --help"}
			}
			dir, err := a.runtimeDir()
			if err != nil {
				return err
			}
			store := state.In(dir)
			for _, name := range args {
				c, err := store.Find(name)
				if err != nil {
					return err
				}
				if err := store.Stop(cmd.Context(), c, time.Duration(seconds)*time.Second); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().Uint32VarP(&seconds, "time", "t", 10, "`SECONDS` until it is killed")
	return cmd
}
