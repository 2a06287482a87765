package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
)

// environment is the container's: what every container has, then what files
// say, then -e. The last value of a variable counts.
func (a *app) environment(base, files, list []string) ([]string, error) {
	vars := base
	for _, file := range files {
		more, err := a.envFile(file)
		if err != nil {
			return nil, fmt.Errorf("read the command line: --env-file %s: %w", file, err)
		}
		vars = append(vars, more...)
	}
	for _, text := range list {
		one, ok, err := a.variable(text)
		if err != nil {
			return nil, fmt.Errorf("read the command line: -e %s: %w", text, err)
		}
		if ok {
			vars = append(vars, one)
		}
	}
	return lastOfEach(vars), nil
}

// variable is NAME=VALUE, or NAME with the value that nsview itself has; not ok
// when it has none.
func (a *app) variable(text string) (nameAndValue string, ok bool, err error) {
	name, _, given := strings.Cut(text, "=")
	switch {
	case name == "":
		return "", false, errors.New("a variable has a name: NAME=VALUE")
	case strings.Contains(text, "\x00"):
		return "", false, errors.New("there is a NUL in it")
	case given:
		return text, true, nil
	}
	value := a.getenv(name)
	return name + "=" + value, value != "", nil
}

// envFile reads a file as docker run does: a variable a line, nothing quoted,
// lines that begin with # left out.
func (a *app) envFile(file string) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, bareError(err)
	}
	defer f.Close()
	var vars []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimLeft(lines.Text(), " \t")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, _, _ := strings.Cut(line, "=")
		if strings.ContainsAny(name, " \t") {
			return nil, fmt.Errorf("line %d: %q is no name of a variable", n, name)
		}
		one, ok, err := a.variable(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if ok {
			vars = append(vars, one)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, bareError(err)
	}
	return vars, nil
}

// lastOfEach leaves of each variable the last value, where the first one stood.
func lastOfEach(vars []string) []string {
	at := map[string]int{}
	var list []string
	for _, v := range vars {
		name, _, _ := strings.Cut(v, "=")
		if i, ok := at[name]; ok {
			list[i] = v
			continue
		}
		at[name] = len(list)
		list = append(list, v)
	}
	return list
}
