package station

import (
	"strconv"
	"testing"
)

func TestFeed_Resume(t *testing.T) {
	f := NewFeed()
	for i := range 5000 {
		f.Publish(Tile{Port: "1-1", Word: strconv.Itoa(i)})
	}
	tests := []struct {
		name   string
		after  int64
		missed int // -1: a snapshot instead
	}{
		{"never here", -1, -1},
		{"up to date", 5000, 0},
		{"one behind", 4999, 1},
		{"a while behind", 4500, 500},
		{"too long away", 10, -1},
		{"of another life", 5001, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			missed, snap, events := f.Resume(t.Context(), tt.after)
			if (tt.missed < 0) != (snap != nil) || len(missed) != max(0, tt.missed) || events == nil {
				t.Fatalf("missed %d, snapshot %v", len(missed), snap)
			}
			for i, ev := range missed {
				if ev.Seq != tt.after+1+int64(i) || ev.Tile.Word != strconv.FormatInt(ev.Seq-1, 10) {
					t.Fatalf("missed[%d] = %+v", i, ev)
				}
			}
			if snap != nil && (snap.Seq != 5000 || snap.Tiles[0].Word != "4999") {
				t.Errorf("snapshot = %+v", snap)
			}
		})
	}
}

func TestFeed_Resume_goesOn(t *testing.T) {
	f := NewFeed()
	f.Publish(Tile{Port: "1-1", Word: "Empty"})
	_, _, events := f.Resume(t.Context(), 1)
	f.Publish(Tile{Port: "1-1", Word: "Touch the key"})
	if ev := <-events; ev.Seq != 2 || ev.Tile.Word != "Touch the key" {
		t.Errorf("event = %+v", ev)
	}
}
