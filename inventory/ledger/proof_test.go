package ledger_test

import (
	"errors"
	"slices"
	"testing"

	"keystation/inventory/ledger"
)

func TestRecordProof_everyLeafOfEverySize(t *testing.T) {
	l := grown(t, 17)
	for size := int64(1); size <= 17; size++ {
		at := l.checkpoint(t, size)
		for n := range size {
			proof, err := ledger.ProveRecord(size, n, l.read)
			if err != nil {
				t.Fatal(err)
			}
			if err := ledger.CheckRecord(proof, at, n, l.leaves[n]); err != nil {
				t.Errorf("leaf %d of %d: %v", n, size, err)
			}
			if err := ledger.CheckRecord(proof, at, n, []byte("forged")); !errors.Is(err, ledger.ErrProof) {
				t.Errorf("forged leaf %d of %d: %v", n, size, err)
			}
		}
	}
}

func TestRecordProof_isForItsPlaceOnly(t *testing.T) {
	l := grown(t, 8)
	at := l.checkpoint(t, 8)
	proof, err := ledger.ProveRecord(8, 3, l.read)
	if err != nil {
		t.Fatal(err)
	}
	wrongRoot := at
	wrongRoot.Root[0] ^= 1
	for name, err := range map[string]error{
		"other place":   ledger.CheckRecord(proof, at, 2, l.leaves[3]),
		"other root":    ledger.CheckRecord(proof, wrongRoot, 3, l.leaves[3]),
		"shorter proof": ledger.CheckRecord(proof[:2], at, 3, l.leaves[3]),
		"longer proof":  ledger.CheckRecord(append(slices.Clone(proof), proof[0]), at, 3, l.leaves[3]),
	} {
		if !errors.Is(err, ledger.ErrProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTreeProof_everyGrowth(t *testing.T) {
	l := grown(t, 17)
	for size := int64(0); size <= 17; size++ {
		for older := int64(0); older <= size; older++ {
			now, then := l.checkpoint(t, size), l.checkpoint(t, older)
			proof, err := ledger.ProveTree(size, older, l.read)
			if err != nil {
				t.Fatal(err)
			}
			if err := ledger.CheckTree(proof, now, then); err != nil {
				t.Errorf("%d to %d: %v", older, size, err)
			}
			then.Root[31] ^= 1
			if err := ledger.CheckTree(proof, now, then); !errors.Is(err, ledger.ErrProof) {
				t.Errorf("%d to %d with another past: %v", older, size, err)
			}
		}
	}
}

func TestTreeProof_noticesARewrite(t *testing.T) {
	honest := grown(t, 10)
	then := honest.checkpoint(t, 6)
	forged := &log{}
	for n, leaf := range honest.leaves {
		if n == 4 {
			leaf = []byte("entry 4, as somebody wishes it had been")
		}
		forged.append(t, leaf)
	}
	proof, err := ledger.ProveTree(10, 6, forged.read)
	if err != nil {
		t.Fatal(err)
	}
	if err := ledger.CheckTree(proof, forged.checkpoint(t, 10), then); !errors.Is(err, ledger.ErrProof) {
		t.Errorf("a rewritten log passed for the old one: %v", err)
	}
}

func TestProofs_refuseSizesOutsideTheLog(t *testing.T) {
	l := grown(t, 3)
	three, four := l.checkpoint(t, 3), ledger.Checkpoint{Size: 4}
	for name, err := range map[string]error{
		"prove leaf 3 of 3":   second(ledger.ProveRecord(3, 3, l.read)),
		"prove leaf -1":       second(ledger.ProveRecord(3, -1, l.read)),
		"prove growth back":   second(ledger.ProveTree(2, 3, l.read)),
		"prove growth from -": second(ledger.ProveTree(2, -1, l.read)),
		"check leaf 3 of 3":   ledger.CheckRecord(nil, three, 3, nil),
		"check growth back":   ledger.CheckTree(nil, three, four),
	} {
		if !errors.Is(err, ledger.ErrSize) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ledger.ProveRecord(9, 8, l.read); err == nil {
		t.Error("a leaf that was never stored was proven")
	}
	if _, err := ledger.ProveTree(9, 8, l.read); err == nil {
		t.Error("growth that was never stored was proven")
	}
}
