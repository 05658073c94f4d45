package sqlite_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/ledger"
)

// Nothing is built upon a tree that does not fit its last root.
func TestStore_update_refusesABrokenLedger(t *testing.T) {
	s := inventorytest.Open(t)
	v := newVandal(t, s)
	v.unguarded("*", func() {
		v.do("UPDATE ledger_heads SET root = zeroblob(32) WHERE size = (SELECT max(size) FROM ledger_heads)")
	})
	rows := []inventory.ImportedPerson{{Person: inventory.Person{Name: "Eve", ExternalID: "E-66"}}}
	_, err := s.ImportPeople(t.Context(), inventorytest.Operator, rows, false)
	if inventory.KindOf(err) != inventory.Internal || !strings.Contains(inventory.Sentence(err), "run keystation audit verify") {
		t.Errorf("this process: %v", err)
	}
	if _, err := s.MustAgain().ImportPeople(t.Context(), inventorytest.Operator, rows, false); inventory.KindOf(err) != inventory.Internal {
		t.Errorf("another process: %v", err)
	}
}

// The stored tree is that of the leaves as package ledger knows it, so anybody can prove an entry with its tools.
func TestStore_treeIsRFC6962(t *testing.T) {
	s := inventorytest.Open(t)
	leaves := newVandal(t, s).strings(`SELECT '{"header":' || header || ',"commitment":"' || commitment || '"}' FROM ledger_leaves ORDER BY seq`)
	var tree ledger.Rebuilder
	for _, l := range leaves {
		tree.Add([]byte(l))
	}
	h, err := s.LedgerHead(t.Context())
	if root := tree.Root(); err != nil || h.Root != fmt.Sprintf("%x", root[:]) || h.Size != tree.Size() {
		t.Errorf("head %+v, %v", h, err)
	}
}

// Names and reasons stand in payloads, where they can be erased, never in a header.
func TestStore_headersTellNobody(t *testing.T) {
	s := storied(t)
	random := regexp.MustCompile(`[0-9a-f-]{36,64}`) // ids and digests spell anything
	for _, header := range newVandal(t, s).strings("SELECT header FROM ledger_leaves") {
		header = random.ReplaceAllString(header, "")
		for _, name := range []string{"Ada", "Lovelace", "ada@", "Олга", "Софья", "Production access", "London", "Olga", "Somerville", "4711"} {
			if strings.Contains(header, name) {
				t.Errorf("%q in %s", name, header)
			}
		}
	}
}

func TestStore_Verify_tellsTheFirstAndCountsTheRest(t *testing.T) {
	s := inventorytest.Open(t)
	var file strings.Builder
	file.WriteString("name,email\n")
	for i := range 30 {
		fmt.Fprintf(&file, "Person %d,p%d@example.com\n", i, i)
	}
	importPeople(t, s, false, file.String())
	newVandal(t, s).do("UPDATE people SET department = 'Elsewhere'")
	a := mustVerify(t, s)
	if len(a.Findings) != 20 || a.More != 14 || a.Findings[0].Entry != 2 {
		t.Errorf("%d findings and %d more, the first %+v", len(a.Findings), a.More, a.Findings[0])
	}
}
