package sqlite_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
)

func blobOf(no int64, text string) inventory.Metadata {
	sum := sha256.Sum256([]byte(text))
	return inventory.Metadata{No: no, NextUpdate: time.Date(2026, 12, 15, 0, 0, 0, 0, time.UTC), SHA256: hex.EncodeToString(sum[:]),
		Signer: "mds.test", Entries: 3, Blob: []byte(text)}
}

func holds(t *testing.T, s *inventorytest.Store) {
	t.Helper()
	a, err := s.Verify(t.Context(), sqlite.VerifyOptions{})
	if err != nil || !a.Holds() {
		t.Errorf("the ledger does not hold: %v %v", a, err)
	}
}

// Newer metadata take the place of older ones, never the other way round.
func TestStore_ImportMetadata(t *testing.T) {
	s := inventorytest.Empty(t)
	if m, err := s.Metadata(t.Context()); err != nil || m.No != 0 {
		t.Fatalf("metadata %d in an empty database, %v", m.No, err)
	}
	for _, tt := range []struct {
		m       inventory.Metadata
		same    bool
		refusal string
	}{
		{blobOf(31, "one"), false, ""},
		{blobOf(31, "one"), true, ""},
		{blobOf(31, "other"), false, "There are two metadata BLOBs with the number 31 and other contents"},
		{blobOf(30, "older"), false, "This metadata is number 30 and number 31 is here already"},
		{blobOf(33, "newer"), false, ""},
	} {
		_, same, err := s.ImportMetadata(t.Context(), inventorytest.Operator, tt.m)
		if same != tt.same || (err != nil) != (tt.refusal != "") || !strings.HasPrefix(inventory.Sentence(err), tt.refusal) {
			t.Errorf("number %d: same %v, %v; want %v, %q", tt.m.No, same, err, tt.same, tt.refusal)
		}
	}
	m, err := s.Metadata(t.Context())
	info, err2 := s.MetadataInfo(t.Context())
	if err != nil || err2 != nil || m.No != 33 || string(m.Blob) != "newer" || info.No != 33 || len(info.Blob) != 0 || info.Entries != 3 {
		t.Errorf("the newest is %d (%q), %v; without its bytes %d, %v", m.No, m.Blob, err, info.No, err2)
	}
	holds(t, s)
	v := newVandal(t, s)
	v.do("UPDATE metadata SET blob = x'00' WHERE no = 33")
	if _, err := s.Metadata(t.Context()); !strings.Contains(inventory.Sentence(err), "somebody changed them") {
		t.Errorf("changed bytes are read: %v", err)
	}
	if _, same, err := s.ImportMetadata(t.Context(), inventorytest.Operator, blobOf(33, "newer")); !same || err != nil {
		t.Errorf("imported once more: same %v, %v", same, err)
	}
	if m, err := s.Metadata(t.Context()); err != nil || string(m.Blob) != "newer" {
		t.Errorf("they are not mended: %q, %v", m.Blob, err)
	}
	holds(t, s)
}

// The configuration's rules are noted until a policy is applied; each version can be read later.
func TestStore_policies(t *testing.T) {
	s := inventorytest.Empty(t)
	rules := inventory.SameRules(inventory.DefaultRules())
	note := func(want int64, source inventory.PolicySource) {
		t.Helper()
		p, err := s.NotePolicy(t.Context(), inventorytest.Operator, rules)
		if err != nil || p.Version != want || p.Source != source {
			t.Errorf("version %d (%s), %v; want %d (%s)", p.Version, p.Source, err, want, source)
		}
	}
	note(1, inventory.PolicyConfigured)
	note(1, inventory.PolicyConfigured)
	rules.Critical.Unknown = inventory.RefuseUnknown
	note(2, inventory.PolicyConfigured)
	rules.Standard.Deny = []string{inventorytest.AAGUID}
	if _, err := s.ApplyPolicy(t.Context(), inventorytest.Operator, rules, 1, nil); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("applied to a version that is not in force any more: %v", err)
	}
	p, err := s.ApplyPolicy(t.Context(), inventorytest.Operator, rules, 2, nil)
	if err != nil || p.Version != 3 || p.By.Name != inventorytest.Operator.Name {
		t.Fatalf("applied as version %d by %s, %v", p.Version, p.By.Name, err)
	}
	rules = inventory.SameRules(inventory.DefaultRules())
	note(3, inventory.PolicyApplied)
	rules.Elevated.PINLength = 2
	if _, err := s.ApplyPolicy(t.Context(), inventorytest.Operator, rules, 3, nil); !strings.HasPrefix(inventory.Sentence(err), "Tier elevated: PIN lengths") {
		t.Errorf("rules that cannot be followed: %v", err)
	}
	was, err := s.PolicyVersion(t.Context(), 2)
	all, err2 := s.PolicyHistory(t.Context())
	if err != nil || err2 != nil || was.Rules.Critical.Unknown != inventory.RefuseUnknown || len(all) != 3 || all[0].Rules.Standard.Deny[0] != inventorytest.AAGUID {
		t.Errorf("version 2 is %+v, %v; %d versions, %v", was.Rules.Critical, err, len(all), err2)
	}
	if _, err := s.PolicyVersion(t.Context(), 9); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("a version that is not there: %v", err)
	}
	if no, version, err := s.Grounds(t.Context()); no != 0 || version != 3 || err != nil {
		t.Errorf("in force are metadata %d and policy %d, %v", no, version, err)
	}
	holds(t, s)
}
