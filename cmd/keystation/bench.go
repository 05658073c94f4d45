package main

import (
	"context"
	"fmt"
	"os"

	"keystation/inventory"
	"keystation/station"
)

// deskBench lets the pages speak to the bench.
type deskBench struct {
	bench   *station.Bench
	printer *printer
}

// learnedHub is what this machine was taught about its hub.
func (d *desk) learnedHub(ctx context.Context) (inventory.Hub, error) {
	host, err := os.Hostname()
	if err != nil {
		return inventory.Hub{}, fmt.Errorf("name this machine: %w", err)
	}
	return d.store.Hub(ctx, host)
}

// Answer answers the question of a port's tile.
func (d deskBench) Answer(_ context.Context, by inventory.Actor, port string, question int, yes bool) error {
	return d.bench.Answer(port, question, station.Answer{Yes: yes, By: by, How: "on the bench page"})
}

// Cancel stops what a port waits for.
func (d deskBench) Cancel(_ context.Context, port string) error { return d.bench.Cancel(port) }

// Retry takes up a port again.
func (d deskBench) Retry(_ context.Context, port string) error { return d.bench.Retry(port) }

// Hold keeps a port or the whole bench from asking for anything.
func (d deskBench) Hold(_ context.Context, port string, on bool) error { return d.bench.Hold(port, on) }

// Pin says which line the next key at a port is for.
func (d deskBench) Pin(ctx context.Context, port string, line inventory.LineID) error {
	return d.bench.Pin(ctx, port, line)
}

// Labeled takes the serial number on the label of a port's key.
func (d deskBench) Labeled(ctx context.Context, by inventory.Actor, port, serial string) error {
	return d.bench.Labeled(ctx, port, serial, by)
}

// Wink lets a key blink.
func (d deskBench) Wink(ctx context.Context, port string) error { return d.bench.Wink(ctx, port) }

// PrintLabel prints the label of a port's key once more.
func (d deskBench) PrintLabel(ctx context.Context, port string) error {
	return d.bench.PrintLabel(ctx, port)
}

// Open opens a making session.
func (d deskBench) Open(ctx context.Context, by inventory.Actor, stock bool) error {
	return d.bench.OpenSession(ctx, by, stock)
}

// End ends it.
func (d deskBench) End(ctx context.Context, by inventory.Actor) error {
	return d.bench.EndSession(ctx, by)
}

// Learn begins to learn the hub.
func (d deskBench) Learn(context.Context) error { return d.bench.Learn() }

// Learned ends it.
func (d deskBench) Learned(ctx context.Context, by inventory.Actor, keep bool) error {
	return d.bench.Learned(ctx, by, keep)
}

// Session tells what is switched on.
func (d deskBench) Session() station.Session { return d.bench.Session() }

// Abandon ends a run that waits for its key.
func (d deskBench) Abandon(ctx context.Context, by inventory.Actor, run inventory.RunID) error {
	return d.bench.Abandon(ctx, by, run)
}
