package inventory

import (
	"slices"
	"testing"

	"github.com/google/uuid"
)

func TestSeal_Void(t *testing.T) {
	tests := []struct {
		have, want SealState
		changes    bool
	}{
		{Sealed, SealVoid, true},
		{SealOpen, SealVoid, true},
		{SealVoid, SealVoid, false},
		{SealBurnt, SealBurnt, false}, // how it went is not written over
	}
	for _, tt := range tests {
		t.Run(string(tt.have), func(t *testing.T) {
			s := Seal{ID: "s1", Run: "run1", Key: "k1", SHA256: "ab", State: tt.have}
			if tt.changes {
				s.Blob = []byte("age")
			}
			got := s.Void(noon)
			if got.State != tt.want || got.Blob != nil || got.SHA256 != "ab" || got.ChangedAt.IsZero() == tt.changes {
				t.Errorf("seal = %+v", got)
			}
		})
	}
}

func TestNewID(t *testing.T) {
	var ids []KeyID
	for range 2000 {
		id, err := NewID[KeyID]()
		if err != nil {
			t.Fatal(err)
		}
		if u, err := uuid.Parse(string(id)); err != nil || u.Version() != 7 || u.String() != string(id) {
			t.Fatalf("NewID = %q, %v", id, err)
		}
		ids = append(ids, id)
	}
	if !slices.IsSorted(ids) || len(slices.Compact(ids)) != 2000 {
		t.Error("ids do not rise, or one came twice")
	}
}

func TestActor(t *testing.T) {
	if got, want := System("recovery"), (Actor{"system", "recovery", BySystem}); got != want {
		t.Errorf("System = %+v", got)
	}
	if got, want := Claimed("Ada"), (Actor{"claimed", "Ada", ByClaim}); got != want {
		t.Errorf("Claimed = %+v: the id stands in the ledger's clear headers, so no name may", got)
	}
}
