package station

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
)

func TestFeed_Subscribe(t *testing.T) {
	f := NewFeed()
	for _, p := range []string{"1-10", "1-2", "1-1", "1-2"} {
		f.Publish(Tile{Port: p, Word: "EMPTY"})
	}
	snap, events := f.Subscribe(t.Context())
	var ports []string
	for _, tile := range snap.Tiles {
		ports = append(ports, tile.Port)
	}
	if snap.Seq != 4 || !slices.Equal(ports, []string{"1-1", "1-2", "1-10"}) {
		t.Errorf("snapshot %d of %q", snap.Seq, ports)
	}
	for i := range 100 {
		f.Publish(Tile{Port: "1-1", StepsIn: i})
	}
	for i := range 100 {
		if ev := <-events; ev.Seq != int64(5+i) || ev.Tile.StepsIn != i {
			t.Fatalf("event %d = %+v", i, ev)
		}
	}
	snap.Tiles[0].Word = "scribbled over"
	if tile, ok := f.Tile("1-1"); !ok || tile.StepsIn != 99 || f.Snapshot().Tiles[0].Word == "scribbled over" {
		t.Errorf("tile = %+v, %t: a snapshot is a copy", tile, ok)
	}
	if _, ok := f.Tile("7-7"); ok {
		t.Error("a port that never showed anything has a tile")
	}
}

func TestFeed_empty(t *testing.T) {
	snap, _ := NewFeed().Subscribe(t.Context())
	if b, err := json.Marshal(snap); err != nil || string(b) != `{"seq":0,"tiles":[]}` {
		t.Errorf("an empty bench is %s, %v", b, err)
	}
}

func TestFeed_slowWatcher(t *testing.T) {
	f := NewFeed()
	_, slow := f.Subscribe(t.Context())
	_, quick := f.Subscribe(t.Context())
	const published = watcherBacklog + 1
	for i := range published {
		f.Publish(Tile{Port: "1-1"}) // never blocks, though nobody reads from slow
		if ev := <-quick; ev.Seq != int64(i+1) {
			t.Fatalf("the quick one got %d after %d", ev.Seq, i)
		}
	}
	got := 0
	for range slow { // ends: the channel is closed
		got++
	}
	if got != watcherBacklog || len(f.watchers) != 1 {
		t.Errorf("the slow one got %d events; %d watchers are left", got, len(f.watchers))
	}
}

func TestFeed_leaving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFeed()
		ctx, leave := context.WithCancel(t.Context())
		_, events := f.Subscribe(ctx)
		f.Publish(Tile{Port: "1-1"})
		leave()
		synctest.Wait()
		if _, ok := <-events; !ok {
			t.Error("what was published before is lost")
		}
		if _, ok := <-events; ok || len(f.watchers) != 0 {
			t.Error("the channel of who left is open")
		}
		_, events = f.Subscribe(ctx)
		synctest.Wait()
		if _, ok := <-events; ok {
			t.Error("who had left already is served")
		}
		f.Publish(Tile{Port: "1-1"})
	})
}

func TestFeed_Resume_asFarAsKept(t *testing.T) {
	f := NewFeed()
	for range watcherBacklog + 10 {
		f.Publish(Tile{Port: "1-1"})
	}
	oldest := f.recent[0].Seq
	missed, snap, _ := f.Resume(t.Context(), oldest-1)
	if snap != nil || len(missed) != len(f.recent) || missed[0].Seq != oldest {
		t.Errorf("who missed all that is kept gets %d events and %v", len(missed), snap)
	}
	if missed, snap, _ := f.Resume(t.Context(), oldest-2); snap == nil || missed != nil {
		t.Errorf("who missed one more gets %d events and no snapshot", len(missed))
	}
}

// follow keeps a copy of all tiles up to event last, coming back when it is dropped, as a page does.
func follow(t *testing.T, f *Feed, last int64) map[string]Tile {
	tiles, seq := map[string]Tile{}, int64(-1)
	apply := func(ev Event) {
		if ev.Seq != seq+1 {
			t.Errorf("event %d after %d", ev.Seq, seq)
		}
		seq, tiles[ev.Tile.Port] = ev.Seq, ev.Tile
	}
	for seq < last {
		missed, snap, events := f.Resume(t.Context(), seq)
		if snap != nil {
			seq = snap.Seq
			clear(tiles)
			for _, tile := range snap.Tiles {
				tiles[tile.Port] = tile
			}
		}
		for _, ev := range missed {
			apply(ev)
		}
		for seq < last {
			ev, ok := <-events
			if !ok {
				break
			}
			apply(ev)
		}
	}
	return tiles
}

func TestFeed_crowd(t *testing.T) {
	const ports, each = 16, 300
	f := NewFeed()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			got := follow(t, f, ports*each)
			for port, tile := range got {
				if now, _ := f.Tile(port); now != tile {
					t.Errorf("%s shows %+v, a watcher has %+v", port, now, tile)
				}
			}
			if len(got) != ports {
				t.Errorf("a watcher knows %d ports: %q", len(got), slices.Sorted(maps.Keys(got)))
			}
		})
	}
	for p := range ports {
		all.Go(func() {
			for i := range each {
				f.Publish(Tile{Port: "1-" + strconv.Itoa(p), StepsIn: i})
			}
		})
	}
	all.Wait()
}

func TestComparePorts(t *testing.T) {
	// "1-01" and "1-1" are equal as numbers: then text decides, so that the order is always the same.
	inOrder := []string{"", "/dev/pts/2", "/dev/pts/10", "1-01", "1-1", "1-1.1", "1-1.2", "1-1.10", "1-2", "1-10", "1-10.1", "2-1", "10-1",
		"18446744073709551616-1", "18446744073709551617-1", "a", "a1", "b"}
	for i, a := range inOrder {
		for j, b := range inOrder {
			if got := comparePorts(a, b); got < 0 != (i < j) || got > 0 != (i > j) {
				t.Errorf("comparePorts(%q, %q) = %d", a, b, got)
			}
		}
	}
}

func FuzzComparePorts(f *testing.F) {
	f.Add("1-2", "1-10", "1-02")
	f.Add("/dev/pts/3", "", "1-1.")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		sign := func(n int) int { return max(-1, min(1, n)) }
		if sign(comparePorts(a, b)) != -sign(comparePorts(b, a)) || (comparePorts(a, b) == 0) != (a == b) {
			t.Errorf("%q and %q: %d, %d", a, b, comparePorts(a, b), comparePorts(b, a))
		}
		if comparePorts(a, b) <= 0 && comparePorts(b, c) <= 0 && comparePorts(a, c) > 0 {
			t.Errorf("%q ≤ %q ≤ %q, but not the first and the last", a, b, c)
		}
	})
}
