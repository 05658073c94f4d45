package ledger

import (
	"crypto/sha256"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// A Rebuilder grows a tree leaf by leaf and keeps only its frontier: the root
// of each complete subtree that no larger one has swallowed, one per bit that is
// set in the size. Its zero value is the empty log. It reads nothing that was
// stored, so what it says follows from the leaves alone; a verifier compares
// the hashes of Add with those stored and its Root with the one recorded.
//
// It is also the fast way to append many leaves in one transaction: Resume it
// once, and store what Add returns.
//
// A Rebuilder is for one goroutine.
type Rebuilder struct {
	size     int64
	frontier [64]Hash // [l] holds a subtree of 1<<l leaves when bit l of size is set
	scratch  []byte
	stored   []Hash
}

// Resume gives a Rebuilder that stands at size, its frontier read through r.
func Resume(size int64, r Reader) (*Rebuilder, error) {
	if size < 0 {
		return nil, fmt.Errorf("resume a log of size %d: %w", size, ErrSize)
	}
	var indexes []int64
	for level := 62; level >= 0; level-- {
		if size>>level&1 == 1 {
			indexes = append(indexes, tlog.StoredHashIndex(level, size>>level-1))
		}
	}
	hashes, err := r.exact().ReadHashes(indexes)
	if err != nil {
		return nil, fmt.Errorf("resume a log of size %d: %w", size, err)
	}
	b := &Rebuilder{size: size}
	for level := 62; level >= 0; level-- {
		if size>>level&1 == 1 {
			b.frontier[level], hashes = hashes[0], hashes[1:]
		}
	}
	return b, nil
}

// Add takes the next leaf and returns the hashes that the log stores for it,
// from StoredIndex of its number on. The slice is reused by the next Add.
func (b *Rebuilder) Add(leaf []byte) []Hash {
	b.scratch = append(append(b.scratch[:0], 0), leaf...)
	h := Hash(sha256.Sum256(b.scratch)) // LeafHash without its allocations
	b.stored = append(b.stored[:0], h)
	complete := bits.TrailingZeros64(^uint64(b.size))
	for level := range complete {
		h = tlog.NodeHash(b.frontier[level], h)
		b.stored = append(b.stored, h)
	}
	b.frontier[complete] = h
	b.size++
	return b.stored
}

// Size is how many leaves the tree has.
func (b *Rebuilder) Size() int64 { return b.size }

// Root is the root of the leaves added so far; adding may go on after it.
func (b *Rebuilder) Root() Hash {
	if b.size == 0 {
		return EmptyRoot()
	}
	level := bits.TrailingZeros64(uint64(b.size))
	h := b.frontier[level]
	for level++; level < 63; level++ {
		if b.size>>level&1 == 1 {
			h = tlog.NodeHash(b.frontier[level], h)
		}
	}
	return h
}
