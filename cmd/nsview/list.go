package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/nsview/nsview/inspect"
	"github.com/nsview/nsview/inspect/query"
	"github.com/nsview/nsview/inspect/render"
	"github.com/nsview/nsview/inspect/snapshot"
)

// listFlags are the flags of list.
type listFlags struct {
	types []string
	pid   string
	tree  string
	deep  bool
}

func (a *app) list() *cobra.Command {
	var lf listFlags
	cmd := &cobra.Command{
		Use:     "list [flags] [TARGET]",
		Aliases: []string{"ls"},
		Short:   "Which namespaces exist, what runs in them, what keeps them alive",
		Long: `list shows the namespaces of the host, of every type: those that processes are
in and those that only a thread, an open descriptor, a mounted file or the
kernel keeps. With a TARGET it shows the processes of that namespace.

Hosts of more than ` + strconv.Itoa(snapshot.AutoLimit) + ` processes are not searched for namespaces that only a thread
or descriptor holds unless --deep or the column HELDBY asks for it.`,
		Example: `  nsview list --type mnt             every mount namespace
  nsview list -o +HELDBY,NSID        what keeps each alive, and its 64-bit id
  nsview list -T                     below the user namespaces that own them
  nsview list 4026532177             the processes in one
  nsview list -p 4711 -J             those that process 4711 is in, as JSON`,
		Args:              takes(1, "one TARGET"),
		ValidArgsFunction: a.completeTargets(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.flags.listCols {
				return a.listColumns(render.NamespaceColumns.Help() + "\nWith a TARGET:\n\n" + render.ProcessColumns.Help())
			}
			if len(args) == 1 {
				return a.runMembers(cmd, lf, args[0])
			}
			return a.runList(cmd, lf)
		},
	}
	a.tableFlags(cmd, append(render.NamespaceColumns.Names(), render.ProcessColumns.Names()...))
	f := cmd.Flags()
	f.StringSliceVarP(&lf.types, "type", "t", nil, "only these types of namespace (`TYPE,...`: mnt pid net ipc uts user cgroup time)")
	f.StringVarP(&lf.pid, "task", "p", "", "only the namespaces that process `PID` is in")
	f.StringVarP(&lf.tree, "tree", "T", "", "as a tree of `RELATION` owner or parent")
	f.Lookup("tree").NoOptDefVal = string(query.ByOwner)
	f.BoolVar(&lf.deep, "deep", false, "search every thread, descriptor and mount table for namespaces")
	a.completeList(cmd)
	return cmd
}

// query checks the flags.
func (lf listFlags) query() (query.ListQuery, error) {
	q := query.ListQuery{Types: snapshot.AllTypes}
	if len(lf.types) > 0 {
		q.Types = 0
		for _, name := range lf.types {
			t, err := snapshot.ParseType(name)
			if err != nil {
				return q, fmt.Errorf("read the command line: %w", err)
			}
			q.Types |= snapshot.Types(t)
		}
	}
	switch q.Tree = query.Relation(lf.tree); q.Tree {
	case query.Flat, query.ByOwner, query.ByParent:
	default:
		return q, fmt.Errorf("read the command line: unknown relation %q of --tree (relations: owner parent)", lf.tree)
	}
	return q, nil
}

func (a *app) runList(cmd *cobra.Command, lf listFlags) error {
	q, err := lf.query()
	if err != nil {
		return err
	}
	cols, err := choose(a, render.NamespaceColumns)
	if err != nil {
		return err
	}
	host, err := a.host()
	if err != nil {
		return err
	}
	if cmd.Flags().Changed("task") {
		if q.PID, err = pidOf(cmd, host, lf.pid); err != nil {
			return err
		}
	}
	want := snapshot.Want{Types: q.Types, Holders: snapshot.Auto, Relations: q.Tree != query.Flat}
	render.Wants(cols, &want)
	if lf.deep {
		want.Holders = snapshot.Thorough
	}
	w, err := host.Look(cmd.Context(), want)
	if err != nil {
		return err
	}
	answer, err := query.List(w, q)
	switch {
	case err != nil && w.Counts.Denied > 0:
		return unsure{err}
	case err != nil:
		return err
	}
	return a.printList(answer, cols, w.Reader.UID)
}

func pidOf(cmd *cobra.Command, host *inspect.Host, text string) (int, error) {
	pid, err := strconv.Atoi(text)
	if text != "self" && (err != nil || pid <= 0 || inspect.IsNumber(text)) {
		return 0, fmt.Errorf("read the command line: %q is no process id", text)
	}
	p, err := host.Find(cmd.Context(), text, snapshot.Mnt)
	if err == nil && p.PID == 0 {
		return 0, errors.New("find self: the process that looked was not saved")
	}
	return p.PID, err
}

func (a *app) printList(answer query.Namespaces, cols []render.Column[query.NamespaceRow], uid int) (err error) {
	if a.flags.json {
		err = render.NamespacesJSON(a.out, answer, cols)
	} else {
		err = render.Namespaces(a.out, answer, cols, a.style())
		a.gaps(answer.Gaps, uid)
	}
	if err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	return nothing(len(answer.Rows), answer.Gaps)
}

// nothing is the exit status of an answer without rows: a no when all could be
// read, not certain when not.
func nothing(rows int, gaps []snapshot.Gap) error {
	switch {
	case rows > 0:
		return nil
	case len(gaps) > 0:
		return exitError(exitUnknown)
	}
	return exitError(exitNo)
}
