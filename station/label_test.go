package station_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// press is a printer that remembers, or that is out of paper.
type press struct {
	mu      sync.Mutex
	labels  []inventory.AssetTag
	packets []inventory.KeyID
	fails   error
	save    func(inventory.Order, inventory.Key, inventory.Run) error
}

func (p *press) Check(context.Context, inventory.Order) error { return nil }

func (p *press) Print(_ context.Context, o inventory.Order, k inventory.Key, run inventory.Run) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails != nil {
		return "", p.fails
	}
	p.packets = append(p.packets, k.ID)
	if p.save == nil {
		return "packet.pdf", nil
	}
	return "packet.pdf", p.save(o, k, run)
}

func (p *press) Label(_ context.Context, k inventory.Key) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails != nil {
		return p.fails
	}
	p.labels = append(p.labels, k.Tag)
	return nil
}

func (p *press) printed() []inventory.AssetTag {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]inventory.AssetTag{}, p.labels...)
}

// says waits for a tile of the port with these words in its sentence.
func (w *watched) says(port, part string) station.Tile {
	w.t.Helper()
	for e := range w.events {
		if e.Tile.Port == port && strings.Contains(e.Tile.Sentence, part) {
			return e.Tile
		}
	}
	w.t.Fatalf("port %s never said %s", port, part)
	return station.Tile{}
}

func TestBench_Watch_label(t *testing.T) {
	p := &press{}
	w := watch(t, func(c *station.Config) { c.Printer = p })
	if err := w.bench.PrintLabel(t.Context(), "1-1"); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("the label of nothing: %v", err)
	}
	w.bus.put("1-1", stationtest.Key(t, softkey.Config{}))
	ready := w.until("1-1", "READY")
	w.bus.pull("1-1")
	tile := w.says("1-1", "Label of "+ready.Tag+" printed: put it on the key you have just pulled.")
	if tile.Word != "EMPTY" || tile.Plugged {
		t.Errorf("the tile says %s", tile.Word)
	}
	if err := w.bench.PrintLabel(t.Context(), "1-1"); err != nil {
		t.Fatal(err)
	}
	if got := p.printed(); len(got) != 2 || string(got[0]) != ready.Tag || got[1] != got[0] {
		t.Errorf("printed %q, want %s twice", got, ready.Tag)
	}
	w.bus.put("1-1", stationtest.Key(t, softkey.Config{Profile: "no-pin"}))
	w.until("1-1", "LEFT ALONE")
	w.bus.pull("1-1")
	if tile := w.until("1-1", "EMPTY"); strings.Contains(tile.Sentence, "abel") || len(p.printed()) != 2 {
		t.Errorf("a key that is not ready got a label: %q", tile.Sentence)
	}
}

func TestBench_Watch_labelFails(t *testing.T) {
	p := &press{fails: inventory.Refuse(inventory.Unavailable, "The printer has no paper.")}
	w := watch(t, func(c *station.Config) { c.Printer = p })
	w.bus.put("1-1", stationtest.Key(t, softkey.Config{}))
	ready := w.until("1-1", "READY")
	w.bus.pull("1-1")
	w.says("1-1", "The label of "+ready.Tag+" was not printed: The printer has no paper. Print it again here, or from the key's page.")
	if err := w.bench.PrintLabel(t.Context(), "1-1"); !errors.Is(err, p.fails) {
		t.Errorf("printing again said %v", err)
	}
}

// TestBench_Recover_packet starts anew after a process died between the record and the packet: the packet is printed once.
func TestBench_Recover_packet(t *testing.T) {
	books := inventorytest.Open(t)
	r := newRig(t)
	r.store, r.cfg.Journal, r.cfg.Books, r.cfg.Owner = books.Store, books.Store, books.Store, books.Owner.Name()
	k := stationtest.Key(t, softkey.Config{})
	rep := r.make(k.Path()) // without a printer: as if the process had died before it
	wantReady(t, rep)
	p := &press{save: func(o inventory.Order, k inventory.Key, run inventory.Run) error {
		parcel, err := r.store.BeginParcel(t.Context(), run.Operator, o, k)
		if err != nil {
			return err
		}
		parcel.PacketSHA256 = strings.Repeat("ab", 32)
		return r.store.SaveParcel(t.Context(), run.Operator, parcel)
	}}
	r.cfg.Printer = p
	for range 2 {
		if err := r.bench().Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.packets) != 1 || p.packets[0] != *rep.Key {
		t.Errorf("printed for %v, want for %s once", p.packets, *rep.Key)
	}
}

// TestBench_Recover_packetFails starts all the same, and tries again at the next start.
func TestBench_Recover_packetFails(t *testing.T) {
	books := inventorytest.Open(t)
	r := newRig(t)
	r.store, r.cfg.Journal, r.cfg.Books, r.cfg.Owner = books.Store, books.Store, books.Store, books.Owner.Name()
	wantReady(t, r.make(stationtest.Key(t, softkey.Config{}).Path()))
	r.cfg.Printer = &press{fails: errors.New("the folder is gone")}
	if err := r.bench().Recover(t.Context()); err != nil {
		t.Errorf("the bench does not start: %v", err)
	}
	left, err := r.store.Unprinted(t.Context(), r.cfg.Owner)
	if err != nil || len(left) != 1 {
		t.Errorf("%d packets are left to be printed, %v", len(left), err)
	}
	if left, err := r.store.Unprinted(t.Context(), "another"); err != nil || len(left) != 0 {
		t.Errorf("%d packets are taken from a process that lives, %v", len(left), err)
	}
}
