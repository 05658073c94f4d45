package ledger_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"

	"keystation/inventory/ledger"
)

// log is what a caller keeps: leaves and stored hashes, here in memory.
type log struct {
	leaves [][]byte
	stored []ledger.Hash
}

func (l *log) read(indexes []int64) ([]ledger.Hash, error) {
	out := make([]ledger.Hash, 0, len(indexes))
	for _, i := range indexes {
		if i >= int64(len(l.stored)) {
			return nil, fmt.Errorf("no stored hash %d", i)
		}
		out = append(out, l.stored[i])
	}
	return out, nil
}

func (l *log) append(t testing.TB, leaf []byte) {
	t.Helper()
	n := int64(len(l.leaves))
	if at := ledger.StoredIndex(n); at != int64(len(l.stored)) {
		t.Fatalf("leaf %d belongs at stored index %d, but %d are stored", n, at, len(l.stored))
	}
	hashes, err := ledger.Append(n, leaf, l.read)
	if err != nil {
		t.Fatal(err)
	}
	l.leaves, l.stored = append(l.leaves, leaf), append(l.stored, hashes...)
}

func (l *log) checkpoint(t testing.TB, size int64) ledger.Checkpoint {
	t.Helper()
	root, err := ledger.Root(size, l.read)
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Checkpoint{Origin: "test", Size: size, Root: root}
}

func grown(t testing.TB, size int) *log {
	t.Helper()
	l := &log{}
	for n := range size {
		l.append(t, fmt.Appendf(nil, "entry %d", n))
	}
	return l
}

// naive is the definition of RFC 6962 §2.1, word by word.
func naive(leaves [][]byte) ledger.Hash {
	if len(leaves) == 0 {
		return sha256.Sum256(nil)
	}
	if len(leaves) == 1 {
		return sha256.Sum256(append([]byte{0}, leaves[0]...))
	}
	k := 1
	for k*2 < len(leaves) {
		k *= 2
	}
	left, right := naive(leaves[:k]), naive(leaves[k:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

func TestRoot_isTheDefinition(t *testing.T) {
	l := grown(t, 70)
	for size := range 71 {
		if got, want := l.checkpoint(t, int64(size)).Root, naive(l.leaves[:size]); got != want {
			t.Errorf("size %d: root %v, want %v", size, got, want)
		}
	}
	if got := ledger.StoredCount(70); got != int64(len(l.stored)) {
		t.Errorf("StoredCount(70) = %d, stored %d", got, len(l.stored))
	}
}

func TestRoot_ofNothing(t *testing.T) {
	root, err := ledger.Root(0, nil)
	if err != nil || root != ledger.EmptyRoot() {
		t.Fatalf("root %v, %v", root, err)
	}
	if got, want := root.String(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; got != want {
		t.Errorf("root of nothing %s, want %s", got, want)
	}
}

func TestRoot_changesWithEveryByte(t *testing.T) {
	l := grown(t, 9)
	want := l.checkpoint(t, 9).Root
	for n := range l.leaves {
		forged := slices.Clone(l.leaves)
		forged[n] = []byte("entry x")
		if naive(forged) == want {
			t.Errorf("leaf %d was changed and the root did not", n)
		}
	}
}

func TestRebuilder_isTheSameTree(t *testing.T) {
	l := grown(t, 130)
	var b ledger.Rebuilder
	var stored []ledger.Hash
	if b.Root() != ledger.EmptyRoot() {
		t.Error("a new Rebuilder is not the empty log")
	}
	for n, leaf := range l.leaves {
		stored = append(stored, b.Add(leaf)...)
		if want := l.checkpoint(t, int64(n+1)).Root; b.Root() != want || b.Size() != int64(n+1) {
			t.Fatalf("after %d leaves: size %d root %v, want %v", n+1, b.Size(), b.Root(), want)
		}
	}
	if !slices.Equal(stored, l.stored) {
		t.Error("the rebuilt stored hashes differ from those appended")
	}
}

func TestResume_anywhere(t *testing.T) {
	l := grown(t, 67)
	want := l.checkpoint(t, 67).Root
	for from := range 68 {
		b, err := ledger.Resume(int64(from), l.read)
		if err != nil {
			t.Fatal(err)
		}
		for _, leaf := range l.leaves[from:] {
			b.Add(leaf)
		}
		if b.Root() != want {
			t.Errorf("resumed at %d: root %v, want %v", from, b.Root(), want)
		}
	}
}

func TestTree_refuses(t *testing.T) {
	l := grown(t, 5)
	short := func(indexes []int64) ([]ledger.Hash, error) { return make([]ledger.Hash, len(indexes)-1), nil }
	gone := errors.New("disk gone")
	broken := func([]int64) ([]ledger.Hash, error) { return nil, gone }
	for name, tt := range map[string]struct {
		err  error
		want error // nil: any
	}{
		"append below zero":  {second(ledger.Append(-1, nil, l.read)), ledger.ErrSize},
		"root below zero":    {second(ledger.Root(-1, l.read)), ledger.ErrSize},
		"resume below zero":  {second(ledger.Resume(-1, l.read)), ledger.ErrSize},
		"root beyond stored": {second(ledger.Root(9, l.read)), nil},
		"short answer":       {second(ledger.Root(5, short)), nil},
		"short on append":    {second(ledger.Append(5, nil, short)), nil},
		"short on resume":    {second(ledger.Resume(5, short)), nil},
		"reader's own error": {second(ledger.Append(5, nil, broken)), gone},
	} {
		if tt.err == nil || tt.want != nil && !errors.Is(tt.err, tt.want) {
			t.Errorf("%s: error %v, want %v", name, tt.err, tt.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestParseHash_readsString(t *testing.T) {
	h := ledger.LeafHash([]byte("leaf"))
	if got, err := ledger.ParseHash(h.String()); err != nil || got != h {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := ledger.ParseHash("AAAA"); err == nil {
		t.Error("a short hash was read")
	}
}

func BenchmarkRebuilder(b *testing.B) {
	leaf := make([]byte, 400)
	var r ledger.Rebuilder
	b.SetBytes(int64(len(leaf)))
	for b.Loop() {
		leaf[r.Size()%400]++
		r.Add(leaf)
	}
	if r.Root() == ledger.EmptyRoot() {
		b.Fatal("nothing was rebuilt")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "leaves/s")
}

func BenchmarkAppend(b *testing.B) {
	l := &log{}
	leaf := make([]byte, 400)
	for b.Loop() {
		l.append(b, leaf)
	}
}
