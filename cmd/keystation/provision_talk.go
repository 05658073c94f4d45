package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"keystation/station"
)

// reportLine is a report for people: asset tag, state, model, then why.
func reportLine(rep station.Report) string {
	state := string(rep.End)
	if rep.State != nil {
		state = string(*rep.State)
	}
	parts := []string{fmt.Sprintf("%-9s  %-11s  %s  %s", dash(string(rep.AssetTag)), state, rep.Device, rep.Model)}
	if rep.Test {
		parts = append(parts, "TEST KEY")
	}
	if rep.Packet != nil {
		parts = append(parts, "packet "+*rep.Packet)
	}
	return strings.Join(append(parts, rep.Reasons...), "\n           ")
}

// watch writes what the ports ask for to standard error, a line for each change, until the returned function is
// called, which waits for the last line.
func (p *provisioning) watch(ctx context.Context, feed *station.Feed) func() {
	ctx, stop := context.WithCancel(ctx)
	_, events := feed.Subscribe(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		last := map[string]string{}
		for e := range events {
			t := e.Tile
			if last[t.Port] == t.Word || p.flags.json && t.Tone != station.Hands {
				continue
			}
			last[t.Port] = t.Word
			fmt.Fprintf(p.c.ErrOrStderr(), "%-12s %-16s %s\n", t.Label, t.Word, t.Sentence)
		}
	}()
	return func() { stop(); <-done }
}

// ask answers a question about one key: by --yes, at the terminal, or not at all.
func (p *provisioning) ask(_ context.Context, q station.Question) (station.Answer, error) {
	if p.flags.yes {
		return station.Answer{Yes: true, By: p.operator(), How: "by --yes"}, nil
	}
	in := p.c.InOrStdin()
	if !isTerminal(in) {
		return station.Answer{}, station.ErrNoAnswer
	}
	p.asking.Lock()
	defer p.asking.Unlock()
	fmt.Fprintf(p.c.ErrOrStderr(), "%s: %s [y/N] ", q.Port.Title(), q.Text)
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && line == "" {
		return station.Answer{}, station.ErrNoAnswer
	}
	yes := strings.EqualFold(strings.TrimSpace(line), "y") || strings.EqualFold(strings.TrimSpace(line), "yes")
	return station.Answer{Yes: yes, By: p.operator(), How: "at the terminal"}, nil
}

func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
