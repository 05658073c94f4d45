package station_test

import (
	"strconv"
	"testing"
	"time"

	"keystation/station"
)

func TestFeed_Log(t *testing.T) {
	f := station.NewFeed()
	if got := f.Log("1-1"); len(got) != 0 {
		t.Errorf("a port that showed nothing has %d lines", len(got))
	}
	at := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	tile := station.Tile{Port: "1-1", Word: "READING", Tone: station.Busy, Sentence: "Asking.", Run: "run1", Since: at}
	f.Publish(tile)
	tile.Model, tile.Since = "modern", at.Add(time.Second)
	f.Publish(tile) // says the same
	tile.Word, tile.Tag = "TOUCH", "K-1"
	f.Publish(tile)
	f.Publish(station.Tile{Port: "1-2", Word: "EMPTY"})
	got := f.Log("1-1")
	want := []station.Line{
		{At: at, Tone: station.Busy, Word: "READING", Sentence: "Asking.", Run: "run1"},
		{At: at.Add(time.Second), Tone: station.Busy, Word: "TOUCH", Sentence: "Asking.", Run: "run1", Tag: "K-1"},
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("the log is %+v, want %+v", got, want)
	}
	got[0].Word = "changed"
	if f.Log("1-1")[0].Word != "READING" {
		t.Error("whoever reads the log can change it")
	}
}

// TestFeed_Log_bounded keeps the last changes only.
func TestFeed_Log_bounded(t *testing.T) {
	f := station.NewFeed()
	for i := range 500 {
		f.Publish(station.Tile{Port: "1-1", Word: strconv.Itoa(i)})
	}
	got := f.Log("1-1")
	if len(got) != 50 || got[0].Word != "450" || got[49].Word != "499" {
		t.Errorf("%d lines from %s to %s, want the last fifty", len(got), got[0].Word, got[len(got)-1].Word)
	}
}
