package station

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station/ctap"
)

func TestWords(t *testing.T) {
	tones := []Tone{Quiet, Busy, Hands, Good, Bad}
	filledIn := []moment{
		momentAsk, momentReady, momentRefused, momentWaited, momentFailed, momentAside, momentLeft, momentUnasked,
		momentStopped, momentChanged, momentOther, momentSerials, momentStop, momentFault, momentHalted,
	}
	seen := map[string]moment{}
	for m, w := range words {
		if n := len(strings.Fields(w.Word)); n < 1 || n > 4 || w.Word != strings.ToUpper(w.Word) {
			t.Errorf("%s: %q is not one to four words in capitals", m, w.Word)
		}
		if other, twice := seen[w.Word]; twice {
			t.Errorf("%s and %s both say %q", m, other, w.Word)
		}
		seen[w.Word] = m
		if !slices.Contains(tones, w.Tone) {
			t.Errorf("%s has the tone %q", m, w.Tone)
		}
		if (w.Sentence == "") != slices.Contains(filledIn, m) {
			t.Errorf("%s: the sentence is %q; only those that a run fills in are empty", m, w.Sentence)
		}
		if w.Sentence != "" && !strings.HasSuffix(w.Sentence, ".") {
			t.Errorf("%s: %q is no sentence", m, w.Sentence)
		}
		if w.Tone == Busy && m != momentRecord && m != momentPrint && m != momentLook && !strings.Contains(w.Sentence, "Leave") {
			t.Errorf("%s: %q does not say to leave the key in", m, w.Sentence)
		}
	}
}

// TestWords_everyMoment reads the package: each moment that its code names is declared, has a row and is shown.
func TestWords_everyMoment(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	declared, used := map[string]moment{}, map[string]bool{}
	inRows := map[moment]bool{}
	for _, r := range rows {
		inRows[r.shows] = true
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if strings.HasPrefix(n.Names[0].Name, "moment") {
					declared[n.Names[0].Name] = moment(strings.Trim(n.Values[0].(*ast.BasicLit).Value, `"`))
				}
			case *ast.Ident:
				if e.Name() != "words.go" && strings.HasPrefix(n.Name, "moment") && n.Name != "moment" {
					used[n.Name] = true
				}
			}
			return true
		})
	}
	for name := range used {
		if _, ok := words[declared[name]]; !ok {
			t.Errorf("%s is shown but has no words", name)
		}
	}
	for name := range declared {
		if !used[name] && !inRows[declared[name]] {
			t.Errorf("%s has words that nobody shows", name)
		}
	}
	if len(declared) != len(words) || len(used) == 0 {
		t.Errorf("%d moments are declared, %d have words, %d are shown", len(declared), len(words), len(used))
	}
}

func TestBench_heard(t *testing.T) {
	at := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	begun := at
	b := &Bench{cfg: Config{Feed: NewFeed(), Now: func() time.Time { return at }}}
	show := func(w Words, step inventory.Step) {
		b.cfg.Feed.Publish(Tile{Port: "1-1", Tone: w.Tone, Word: w.Word, Step: string(step)})
	}
	said := func(word string, tone Tone) {
		t.Helper()
		if got, _ := b.cfg.Feed.Tile("1-1"); got.Word != word || got.Tone != tone {
			t.Errorf("step %s: the tile says %q in %q, want %q in %q", got.Step, got.Word, got.Tone, word, tone)
		}
	}
	for _, step := range inventory.Steps {
		after := wordsAt(step, ctap.KeepaliveProcessing)
		if after.Tone != Busy {
			t.Errorf("after a touch in %s the tile is blank", step)
		}
		show(words[momentTag], step)
		b.heard("1-1", ctap.KeepaliveUPNeeded)
		said("TOUCH", Hands)
		seq := b.cfg.Feed.Snapshot().Seq
		b.heard("1-1", ctap.KeepaliveUPNeeded)
		if b.cfg.Feed.Snapshot().Seq != seq {
			t.Errorf("a second keepalive in %s is told again", step)
		}
		b.heard("1-1", ctap.KeepaliveProcessing)
		said(after.Word, Busy)
	}
	show(words[momentReset], inventory.Reset)
	b.heard("1-1", longTouch(ctap.KeepaliveUPNeeded))
	said("HOLD TOUCH", Hands)
	b.heard("1-1", ctap.KeepaliveProcessing)
	said("WIPING", Busy)
	sentence := func(want string) {
		t.Helper()
		b.heard("1-1", ctap.KeepaliveProcessing)
		if got, _ := b.cfg.Feed.Tile("1-1"); got.Sentence != want || got.Word != "WIPING" || !got.Since.Equal(begun) {
			t.Errorf("after %v the tile says %q since %v", at.Sub(begun), got.Sentence, got.Since)
		}
	}
	at = at.Add(longWork - time.Millisecond)
	sentence(words[momentReset].Sentence)
	at = at.Add(time.Millisecond)
	sentence(stillSentence)
	seq := b.cfg.Feed.Snapshot().Seq
	sentence(stillSentence)
	if b.cfg.Feed.Snapshot().Seq != seq {
		t.Error("that it still waits is told twice")
	}
	for _, m := range []moment{momentQueue, momentReplug, momentReady, momentAside} {
		show(words[m], inventory.Reset)
		b.heard("1-1", ctap.KeepaliveUPNeeded) // a late one
		said(words[m].Word, words[m].Tone)
	}
	b.heard("9-9", ctap.KeepaliveUPNeeded)
	if _, ok := b.cfg.Feed.Tile("9-9"); ok {
		t.Error("a port that shows nothing got a tile")
	}
}
