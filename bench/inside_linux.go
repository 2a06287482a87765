package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
)

// insideRole is the first argument of the bench that runs in a host.
const insideRole = "inside"

// job is what the bench in a host is asked to do.
type job struct {
	Host      string
	Nsview    string // its path
	Pairs     int    // 0: as the question says
	Questions []question
}

// pair is two runs, one right after the other, so that what disturbs the
// machine disturbs both. Without a peer the half of it is empty.
type pair struct{ Peer, Ours sample }

// result is the answer to a question, or why there is none.
type result struct {
	Question  question
	Pairs     []pair
	PeerLines int // of the answers, where the warm-up counted them
	OurLines  int
	Skipped   string
	Failed    string
}

// inside measures one question after the other.
func inside(text string, out io.Writer) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	results := json.NewEncoder(out)
	for _, q := range j.Questions {
		if err := results.Encode(j.answer(q)); err != nil {
			return fmt.Errorf("write the result of %s: %w", q.Name, err)
		}
	}
	return nil
}

func (j job) answer(q question) result {
	r := result{Question: q}
	if len(q.Peer) > 0 {
		if _, err := exec.LookPath(q.Peer[0]); errors.Is(err, exec.ErrNotFound) {
			r.Skipped = "no " + q.Peer[0] + " to compare with"
			return r
		}
	}
	err := j.warm(&r)
	for i := 0; i < j.pairs(q) && err == nil; i++ {
		progress("%s: %s: pair %d of %d", j.Host, q.Name, i+1, j.pairs(q))
		var p pair
		p, err = j.pair(q, i%2 == 1)
		r.Pairs = append(r.Pairs, p)
	}
	if err != nil {
		r.Failed = err.Error()
	}
	return r
}

func (j job) pairs(q question) int {
	if j.Pairs > 0 {
		return j.Pairs
	}
	return q.Pairs
}

// warm runs both once, unmeasured, and sees that they answer the same question:
// a fast way to say little is no merit.
func (j job) warm(r *result) error {
	var peer, ours lineCounter
	if _, err := measure(j.ours(r.Question), &ours); err != nil {
		return err
	}
	if len(r.Question.Peer) == 0 || r.Question.Cold {
		return nil
	}
	if _, err := measure(r.Question.Peer, &peer); err != nil {
		return err
	}
	r.PeerLines, r.OurLines = int(peer), int(ours)
	if ours*10 < peer*9 {
		return errors.New("the answer has " + strconv.Itoa(r.OurLines) + " lines, the peer's " + strconv.Itoa(r.PeerLines))
	}
	return nil
}

func (j job) ours(q question) []string { return append([]string{j.Nsview}, q.Ours...) }

// pair changes the order from one to the next, so that neither side always
// finds what the other has just warmed.
func (j job) pair(q question, oursFirst bool) (p pair, err error) {
	runs := []func() error{
		func() (err error) { p.Peer, err = measure(q.Peer, nil); return },
		func() (err error) { p.Ours, err = measure(j.ours(q), nil); return },
	}
	if len(q.Peer) == 0 {
		runs = runs[1:]
	} else if oursFirst {
		runs[0], runs[1] = runs[1], runs[0]
	}
	for _, run := range runs {
		if err := run(); err != nil {
			return p, err
		}
	}
	return p, nil
}

func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}
