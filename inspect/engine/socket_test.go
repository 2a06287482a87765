package engine

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nsview/nsview/inspect/snapshot"
)

func ok(body string) string {
	return "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body
}

// serve dials daemons that read a request and give an answer, and then hang up;
// an empty answer hangs instead.
func serve(t *testing.T, answers map[string]string) func(context.Context, string) (net.Conn, error) {
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	return func(_ context.Context, path string) (net.Conn, error) {
		answer, found := answers[path]
		if !found {
			return nil, &net.OpError{Op: "dial", Net: "unix", Err: syscall.ENOENT}
		}
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			r := bufio.NewReader(there)
			for line := ""; line != "\r\n"; {
				line, _ = r.ReadString('\n')
			}
			if answer == "" {
				<-end
			}
			io.WriteString(there, answer)
		}()
		return here, nil
	}
}

func TestSocketAnswers(t *testing.T) {
	body := ok(`[{"Id":"` + idB + `","Names":["/web/db","/db"]},{"Id":"` + idA + `","Names":["/c1"]}]`)
	for _, o := range []Options{
		{Dial: serve(t, map[string]string{"/run/docker.sock": body})},
		{Dial: serve(t, map[string]string{"/x.sock": body}), DockerHost: "unix:///x.sock"},
		{Dial: serve(t, map[string]string{"/run/docker.sock": body}), DockerHost: "tcp://10.0.0.1:2375"},
	} {
		o.Root = hostOf(nil)
		got, gaps := names(t, o, map[string]string{idA: "docker", idB: "docker"})
		same(t, "containers", got, []snapshot.Container{{Engine: "docker", ID: idB, Name: "db"}, {Engine: "docker", ID: idA, Name: "c1"}})
		same(t, "gaps", len(gaps), 0)
	}
}

func TestSocketListing(t *testing.T) {
	dial := serve(t, map[string]string{"/run/docker.sock": ok(`[{"Id":"` + idA + `","Names":["/c1"]}]`)})
	got, _ := names(t, Options{Root: hostOf(nil), Dial: dial}, nil)
	same(t, "containers", got, []snapshot.Container{{Engine: "docker", ID: idA, Name: "c1"}})
}

func TestSocketTrouble(t *testing.T) {
	for _, c := range []struct{ answer, want string }{
		{"", "no answer within 20ms"},
		{"hello\r\n\r\n", "the answer is not HTTP"},
		{"HTTP/1.0 200 OK\r\n", "the answer is not HTTP"},
		{"HTTP/1.0 403 Forbidden\r\n\r\nno", `the answer is "403 Forbidden"`},
		{ok("{"), "unexpected end of JSON input"},
		{ok("[") + strings.Repeat(" ", maxAnswer), "larger than nsview reads"},
	} {
		limit := time.Minute
		if c.answer == "" {
			limit = 20 * time.Millisecond
		}
		dial := serve(t, map[string]string{dockerSocket: c.answer})
		_, gaps := names(t, Options{Root: hostOf(nil), Dial: dial, Limit: limit}, map[string]string{idA: "docker"})
		same(t, "gaps", gaps, []snapshot.Gap{{Subject: "docker", Op: "ask /run/docker.sock for container names", Error: c.want}})
	}
}

func TestSocketMissing(t *testing.T) {
	dial := serve(t, nil)
	_, gaps := names(t, Options{Root: hostOf(nil), Dial: dial}, map[string]string{idA: "docker"})
	same(t, "a docker container has no name: gaps", gaps, []snapshot.Gap{
		{Subject: "docker", Op: "ask /run/docker.sock for container names", Error: "no such file or directory"},
	})
	for _, ids := range []map[string]string{nil, {}, {idA: "lxc"}} {
		_, gaps := names(t, Options{Root: hostOf(nil), Dial: dial}, ids)
		same(t, "no docker container: gaps", len(gaps), 0)
	}
}

func TestHungSocketsShareTheLimit(t *testing.T) {
	asked := 0
	hang := func(ctx context.Context, _ string) (net.Conn, error) {
		asked++
		<-ctx.Done()
		return nil, fmt.Errorf("dial: %w", ctx.Err())
	}
	start := time.Now()
	_, gaps := names(t, Options{Root: hostOf(nil), Dial: hang, DockerHost: "unix:///x.sock", Limit: 50 * time.Millisecond}, map[string]string{idA: "docker"})
	if took := time.Since(start); took > 10*time.Second || asked != 2 || len(gaps) != 2 {
		t.Errorf("took %v, asked %d, gaps %v", took, asked, gaps)
	}
}

func TestDialUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "docker.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := DialUnix(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
