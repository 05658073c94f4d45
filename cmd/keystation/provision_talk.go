package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"keystation/station"
)

// reportLine is a report for people: asset tag, how the run ended, model, then why.
func reportLine(rep station.Report) string {
	parts := []string{fmt.Sprintf("%-9s  %-11s  %s  %s", dash(string(rep.AssetTag)), rep.End, rep.Device, rep.Model)}
	if rep.Test {
		parts = append(parts, "TEST KEY")
	}
	if rep.Packet != nil {
		parts = append(parts, "packet "+*rep.Packet)
	}
	return strings.Join(append(parts, rep.Reasons...), "\n           ")
}

// watch shows what the ports ask for until the returned function is called, which waits for the last of it: live lines on
// a terminal, else a line for each change on standard error.
func (p *provisioning) watch(ctx context.Context, feed *station.Feed) func() {
	ctx, stop := context.WithCancel(ctx)
	_, events := feed.Subscribe(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if p.screen != nil {
			p.live(ctx, events)
			return
		}
		p.plain(events)
	}()
	return func() { stop(); <-done }
}

func (p *provisioning) plain(events <-chan station.Event) {
	last := map[string]string{}
	for e := range events {
		t := e.Tile
		if last[t.Port] == t.Word || p.flags.json && t.Tone != station.Hands || t.Ask != "" { // the question itself comes
			continue
		}
		last[t.Port] = t.Word
		fmt.Fprintf(p.c.ErrOrStderr(), "%-12s %-16s %s\n", t.Label, t.Word, t.Sentence)
	}
}

// live keeps the lines as the ports are, as time goes on and as the window is made larger and smaller. A terminal that is
// gone is no reason to stop making keys.
func (p *provisioning) live(ctx context.Context, events <-chan station.Event) {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, unix.SIGWINCH)
	defer signal.Stop(resized)
	for {
		_ = p.screen.draw()
		select {
		case _, more := <-events:
			if !more {
				events = nil // fell behind, or the end: the lines are drawn from the feed itself
			}
		case <-second.C:
		case <-resized:
		case <-ctx.Done():
			_ = p.screen.end(p.reportsElsewhere)
			return
		}
	}
}

// settle decides where everything is said: on live lines when standard error is a terminal, and through them when the
// reports go there too.
func (p *provisioning) settle(d *desk, feed *station.Feed) {
	f, ok := canRewrite(p.c.ErrOrStderr(), os.Getenv)
	if !ok {
		return
	}
	p.screen = newScreen(f, feed)
	p.err = p.screen
	d.log = newLog(p.screen, d.cfg.Log.Level)
	if _, same := canRewrite(p.c.OutOrStdout(), os.Getenv); same {
		p.out = p.screen
	}
	p.reportsElsewhere = p.out != p.screen
}

// ask answers a question about one key: by --yes, at the terminal, or not at all. Whoever names no key by --device gets
// those that go without asking, at a terminal too.
func (p *provisioning) ask(ctx context.Context, q station.Question) (station.Answer, error) {
	if p.flags.yes {
		return station.Answer{Yes: true, By: p.operator(), How: "by --yes"}, nil
	}
	if len(p.flags.devices) == 0 {
		fmt.Fprintf(p.err, "%s: to be asked about this key, run again with --device %s.\n", q.Port.Title(), q.Port.Path)
		return station.Answer{}, station.ErrNoAnswer
	}
	if !isTerminal(p.c.InOrStdin()) {
		return station.Answer{}, station.ErrNoAnswer
	}
	p.asking.Lock()
	defer p.asking.Unlock()
	p.questions++ // an answer carries the number, so that a line typed ahead cannot be about another key
	said, err := p.askOnce(ctx, q.Port.Title()+": "+q.Text)
	if errors.Is(err, errUnclear) {
		said, err = p.askOnce(ctx, fmt.Sprintf("Type y%d to answer question %d with yes.", p.questions, p.questions))
	}
	if err != nil && !errors.Is(err, errUnclear) {
		return station.Answer{}, err
	}
	return station.Answer{Yes: said, By: p.operator(), How: "at the terminal"}, nil
}

// errUnclear is for an answer that is neither this question's yes nor a no.
var errUnclear = errors.New("neither yes nor no")

// askOnce tells if the line that is typed is this question's yes.
func (p *provisioning) askOnce(ctx context.Context, text string) (bool, error) {
	yes := fmt.Sprintf("y%d", p.questions)
	line, err := p.answer(ctx, question{text, "[" + yes + "/N] "})
	if err != nil {
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case yes:
		return true, nil
	case "", "n", "no":
		return false, nil
	}
	return false, errUnclear
}

// answer puts a question and waits for a line.
func (p *provisioning) answer(ctx context.Context, q question) (string, error) {
	if p.screen == nil {
		fmt.Fprintf(p.err, "%s %s", q.text, q.prompt)
		line, err := p.typed.next(ctx, p.c)
		if err != nil {
			fmt.Fprintln(p.err)
		}
		return line, err
	}
	if err := p.screen.ask(q); err != nil {
		return "", fmt.Errorf("ask at the terminal: %w", err)
	}
	line, err := p.typed.next(ctx, p.c)
	if gone := p.screen.answered(line, err == nil); gone != nil && err == nil {
		err = fmt.Errorf("ask at the terminal: %w", gone)
	}
	return line, err
}

// typed hands out the lines of the terminal, from the first question on. One goroutine reads for the whole command, so
// that a line is never read ahead and lost. Reading a terminal ends with a line or with the process and nothing else, so
// nobody waits for that goroutine: it holds nothing, and what it reads after the command was canceled is dropped.
type typed struct {
	once  sync.Once
	lines chan string // closed when the input ends
}

// next waits for a line, or for the end of ctx.
func (t *typed) next(ctx context.Context, c *cobra.Command) (string, error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	t.once.Do(func() {
		t.lines = make(chan string)
		go t.read(c.Context(), c.InOrStdin())
	})
	select {
	case line, more := <-t.lines:
		if !more {
			return "", station.ErrNoAnswer
		}
		return line, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func (t *typed) read(ctx context.Context, in io.Reader) {
	defer close(t.lines)
	for s := bufio.NewScanner(in); s.Scan(); {
		select {
		case t.lines <- s.Text():
		case <-ctx.Done():
			return
		}
	}
}

func isTerminal(r any) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
