package stationtest_test

import (
	"slices"
	"testing"
	"time"

	"keystation/station/attest"
	"keystation/station/softkey"
)

// TestMetadata opens the metadata of software keys as those of real ones are opened: every kind of key has its entry.
func TestMetadata(t *testing.T) {
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	blob, err := softkey.Metadata(3, at.AddDate(0, 1, 0), nil)
	if err != nil {
		t.Fatal(err)
	}
	roots, err := attest.ParseRoots(softkey.RootPEM())
	if err != nil {
		t.Fatal(err)
	}
	c, err := attest.OpenBLOB(blob, roots.Certificates(), at)
	if err != nil {
		t.Fatal(err)
	}
	if c.No != 3 || c.Overdue(at) || !c.Overdue(at.AddDate(0, 2, 0)) || len(c.Skipped) != 0 {
		t.Errorf("no %d, skipped %v", c.No, c.Skipped)
	}
	var uncertified, updated []string
	for _, p := range softkey.Profiles() {
		e := c.Entry(p.AAGUID)
		if found := c.Find(p.Model); p.AAGUID.IsZero() && len(found) == 1 && len(found[0].KeyIDs) == 1 {
			e = found[0]
		}
		if e == nil || e.Description != p.Model || e.Maker() != "keystation" || e.IconType != "image/png" {
			t.Errorf("%s: the entry is %+v", p.Name, e)
			continue
		}
		if e.Level(at) != "L1" {
			uncertified = append(uncertified, p.Name)
		}
		if len(e.Updates(at)) > 0 {
			updated = append(updated, p.Name)
		}
		if bad := e.Undesired(at, nil, "", nil); len(bad) > 0 {
			t.Errorf("%s: %v", p.Name, bad)
		}
	}
	if !slices.Equal(uncertified, []string{"fido20"}) || !slices.Equal(updated, []string{"yubikey-like"}) {
		t.Errorf("%q are not certified, %q have an update", uncertified, updated)
	}
}
