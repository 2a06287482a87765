package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
)

const dockerSocket = "/run/docker.sock"

// usualSockets asks the Docker that the environment names, and the host's. A
// list has what the files told, if they told anything.
func (s *search) usualSockets() {
	if s.listing && s.has("docker") {
		return
	}
	if path, ok := strings.CutPrefix(s.r.DockerHost, "unix://"); ok {
		s.ask(path)
	}
	s.ask(dockerSocket)
}

// ask asks a dockerd for all its containers, when one of Docker's has no name.
func (s *search) ask(path string) {
	if s.r.Dial == nil || !s.listing && !s.wants("docker") || slices.Contains(s.sockets, path) {
		return
	}
	s.sockets = append(s.sockets, path)
	data, err := s.get(path)
	if err == nil {
		err = s.answer(data)
	}
	if err != nil {
		s.refused("docker", "ask "+path+" for container names", err)
	}
}

// get speaks HTTP/1.0, whose answers end with the connection.
func (s *search) get(path string) ([]byte, error) {
	ctx := s.askingTime()
	conn, err := s.r.Dial(ctx, path)
	if err != nil {
		return nil, s.unlessLate(ctx, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.Write([]byte("GET /containers/json?all=1 HTTP/1.0\r\nHost: docker\r\n\r\n")); err != nil {
		return nil, s.unlessLate(ctx, err)
	}
	data, err := readAnswer(conn)
	return data, s.unlessLate(ctx, err)
}

// askingTime starts with the first socket: however many there are, and whatever
// hangs, they take the limit once.
func (s *search) askingTime() context.Context {
	if s.asking == nil {
		ctx, cancel := s.limited()
		end := s.cancel
		s.asking, s.cancel = ctx, func() { cancel(); end() }
	}
	return s.asking
}

func (s *search) unlessLate(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return s.late()
	}
	return err
}

func readAnswer(conn net.Conn) ([]byte, error) {
	data, err := limited(conn, maxAnswer)
	if err != nil {
		return nil, err
	}
	head, body, ok := bytes.Cut(data, []byte("\r\n\r\n"))
	status, _, _ := bytes.Cut(head, []byte("\r\n"))
	if !ok || !bytes.HasPrefix(status, []byte("HTTP/1.")) {
		return nil, errors.New("the answer is not HTTP")
	}
	if _, code, _ := bytes.Cut(status, []byte(" ")); !bytes.HasPrefix(code, []byte("200")) {
		return nil, fmt.Errorf("the answer is %.80q", code)
	}
	return body, nil
}

func (s *search) answer(body []byte) error {
	var list []struct {
		ID    string
		Names []string
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return fmt.Errorf("parse the answer: %w", err)
	}
	for _, c := range list {
		s.add(dockerContainer(c.ID, ownName(c.Names)))
	}
	return nil
}

// ownName leaves out /OTHER/ALIAS, what containers linked to it call it.
func ownName(names []string) string {
	for _, name := range names {
		if strings.LastIndexByte(name, '/') <= 0 {
			return name
		}
	}
	return ""
}
