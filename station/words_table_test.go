package station

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"keystation/inventory"
	"keystation/station/ctap"
)

// statuses are all that the standard names.
func statuses() []ctap.Status {
	var all []ctap.Status
	for b := 1; b <= 0xFF; b++ {
		name := ctap.Status(b).Name()
		if name != "CTAP2_ERR_UNKNOWN" && name != "CTAP2_ERR_VENDOR" && name != "CTAP2_ERR_EXTENSION" {
			all = append(all, ctap.Status(b))
		}
	}
	return all
}

func cueName(c cue) string {
	switch c := c.(type) {
	case ctap.Status:
		return c.Name()
	case ctap.Keepalive:
		return fmt.Sprintf("keepalive %d", c)
	case longTouch:
		return fmt.Sprintf("keepalive %d, long touch", c)
	case inventory.RunEnd:
		return "end: " + string(c)
	}
	return fmt.Sprint(c)
}

// TestWords_print shows the tables to whoever runs it with -v.
func TestWords_print(t *testing.T) {
	var s strings.Builder
	w := tabwriter.NewWriter(&s, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "moment\tword\ttone\tsentence")
	moments := make([]moment, 0, len(words))
	for m := range words {
		moments = append(moments, m)
	}
	slices.Sort(moments)
	for _, m := range moments {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m, words[m].Word, words[m].Tone, words[m].Sentence)
	}
	fmt.Fprintln(w, "\nat\thears\tword\tsentence")
	for _, r := range rows {
		step, word := string(r.step), words[r.shows].Word
		if step == "" {
			step = "any step"
		}
		if word == "" {
			word = "REFUSED"
		}
		says := wordsAt(r.step, r.hears).Sentence
		if says == "" {
			says = "what the run has to say"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", step, cueName(r.hears), word, says)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + s.String())
}

// TestRows_complete asks for a row for all that a tile can hear, at every step.
func TestRows_complete(t *testing.T) {
	var cues []cue
	for _, s := range statuses() {
		cues = append(cues, s)
	}
	if len(cues) < 45 {
		t.Fatalf("%d statuses are known: the standard has more", len(cues))
	}
	for _, k := range []ctap.Keepalive{ctap.KeepaliveProcessing, ctap.KeepaliveUPNeeded} {
		cues = append(cues, k)
	}
	cues = append(cues, longTouch(ctap.KeepaliveUPNeeded))
	for _, e := range []inventory.RunEnd{
		inventory.RunReady, inventory.RunStocked, inventory.RunRefused, inventory.RunWaiting, inventory.RunFailed,
		inventory.RunQuarantined, inventory.RunInterrupted,
	} {
		cues = append(cues, e)
	}
	for _, step := range inventory.Steps {
		for _, c := range cues {
			r, ok := rowOf(step, c)
			if !ok {
				t.Errorf("%s at %s has no row", cueName(c), step)
			}
			if _, status := c.(ctap.Status); !status && words[r.shows].Word == "" {
				t.Errorf("%s at %s shows nothing", cueName(c), step)
			}
		}
	}
}

// TestRows_reached finds rows that stand behind another for the same, and sentences that do not say what to do.
func TestRows_reached(t *testing.T) {
	type place struct {
		step inventory.Step
		cue  cue
	}
	seen := map[place]bool{}
	for _, r := range rows {
		if seen[place{r.step, r.hears}] || seen[place{"", r.hears}] {
			t.Errorf("the row for %s at %q is never reached", cueName(r.hears), r.step)
		}
		seen[place{r.step, r.hears}] = true
		if _, ok := words[r.shows]; !ok && r.shows != "" {
			t.Errorf("the row for %s at %q shows %q, which has no words", cueName(r.hears), r.step, r.shows)
		}
		if _, status := r.hears.(ctap.Status); status {
			mustAdvise(t, strings.ReplaceAll(r.says, "%s", "CTAP2_ERR_OTHER"))
		}
	}
}

func TestEmptyTile_fault(t *testing.T) {
	at := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	got := EmptyTile(Port{ID: "1-2", Fault: "The hub cut the power: unplug what is there."}, at)
	if got.Word != "USB FAULT" || got.Tone != Bad || got.Sentence != "The hub cut the power: unplug what is there." {
		t.Errorf("the tile says %s in %s: %s", got.Word, got.Tone, got.Sentence)
	}
	if empty := EmptyTile(Port{ID: "1-2"}, at); empty.Word != "EMPTY" || empty.Label != "1-2" {
		t.Errorf("the tile of an empty port says %s", empty.Word)
	}
}

func TestShownFor(t *testing.T) {
	tests := []struct {
		have error
		want moment
	}{
		{ctap.ErrChannelBusy, momentWaited},
		{fmt.Errorf("make credential: %w", ctap.ErrUserActionTimeout), momentWaited},
		{ctap.ErrPINBlocked, ""},
		{&inventory.Error{Kind: inventory.Unavailable, Msg: "Another program uses it.", Err: ErrBusy}, momentWaited},
		{errors.New("read"), ""},
		{inventory.Refuse(inventory.Conflict, "Its own sentence."), ""},
	}
	for _, tt := range tests {
		if got := shownFor(inventory.Tag, tt.have); got != tt.want {
			t.Errorf("%v shows %q, want %q", tt.have, got, tt.want)
		}
	}
}

func TestInWords(t *testing.T) {
	for have, want := range map[time.Duration]string{
		time.Minute: "one minute", 2 * time.Minute: "2 minutes", 90 * time.Second: "90 seconds", time.Second: "one second",
		45 * time.Second: "45 seconds", 300 * time.Millisecond: "300 milliseconds", 1600 * time.Millisecond: "2 seconds",
	} {
		if got := inWords(have); got != want {
			t.Errorf("%v is %q, want %q", have, got, want)
		}
	}
}
