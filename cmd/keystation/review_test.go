package main

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station/softkey"
)

// A desk that goes on judges its keys when there is a reason to, says which, and only then.
func TestDesk_keepJudged(t *testing.T) {
	withMadeKeys(t, func(d *desk, _ browser) {
		ctx := t.Context()
		last := func() inventory.Review {
			t.Helper()
			r, err := d.store.LastReview(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		tomorrow := time.Now().UTC().AddDate(0, 0, 1)
		reports := map[string][]softkey.StatusReport{"modern": {{Status: "REVOKED", Since: tomorrow}}}
		steps := []struct {
			name  string
			do    func() error
			cause string
		}{
			{"what was interrupted before the start", func() error {
				_, err := d.store.BeginReview(ctx, osActor(), inventory.Review{Cause: "Interrupted."})
				return err
			}, "The judging before did not get through."},
			{"nothing", func() error { return nil }, "The judging before did not get through."},
			{"metadata that nobody judged by", func() error {
				blob, err := softkey.Metadata(900, time.Now().AddDate(0, 1, 0), reports)
				if err == nil {
					_, err = d.keepMetadata(ctx, osActor(), blob, time.Time{})
				}
				return err
			}, "The policy or the metadata are new."},
			{"another process that judges", func() error {
				_, err := d.store.BeginReview(ctx, osActor(), inventory.Review{Cause: "Elsewhere."})
				return err
			}, "Elsewhere."},
		}
		at := 0
		pause := func(context.Context, time.Duration) error {
			if at > 0 {
				if r := last(); r.Cause != steps[at-1].cause {
					t.Errorf("after %s: %q, want %q", steps[at-1].name, r.Cause, steps[at-1].cause)
				}
			}
			if at == len(steps) {
				return errors.New("enough")
			}
			at++
			return steps[at-1].do()
		}
		if err := pause(ctx, 0); err != nil { // before the start
			t.Fatal(err)
		}
		d.keepJudged(ctx, pause)
		if at != len(steps) {
			t.Errorf("it ended after %d of %d", at, len(steps))
		}
		p, err := d.grounds.policy(ctx)
		if err != nil {
			t.Fatal(err)
		}
		running := last()
		if _, err := d.store.EndReview(ctx, osActor(), running.ID, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := d.judgeAgain(ctx, osActor(), "a test", importOutput{io.Discard, io.Discard, false}); err != nil {
			t.Fatal(err)
		}
		for at, want := range map[time.Time]string{
			time.Now():                "",
			tomorrow.Add(time.Hour):   "The day came from which a status of a model counts.",
			tomorrow.AddDate(0, 1, 0): "The day came from which a status of a model counts.",
		} {
			if cause, err := d.unjudged(ctx, p, at, 0); err != nil || cause != want {
				t.Errorf("at %s: %q, %v, want %q", at, cause, err, want)
			}
		}
	})
}
