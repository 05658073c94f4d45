package ledger

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is SHA-256 as the tree uses it; its String is base64.
type Hash = tlog.Hash

// A Reader gives the stored hashes with these indexes, in the order asked for,
// or an error. One call asks for at most about 2·log₂(size) of them.
type Reader func(indexes []int64) ([]Hash, error)

// ErrSize says that a size or a leaf number lies outside the log.
var ErrSize = errors.New("no such size or leaf number in the log")

// LeafHash is the hash of a leaf: SHA-256 of a zero byte and the leaf.
// RFC 6962 §2.1: the leading byte keeps leaves and inner nodes apart.
func LeafHash(leaf []byte) Hash { return tlog.RecordHash(leaf) }

// EmptyRoot is the root of a log without leaves.
// RFC 6962 §2.1: the hash of an empty list is the hash of an empty string.
func EmptyRoot() Hash {
	root, _ := tlog.TreeHash(0, nil)
	return root
}

// ParseHash reads the base64 text that Hash.String writes.
func ParseHash(text string) (Hash, error) { return tlog.ParseHash(text) }

// StoredIndex is the index of the first hash that leaf number n stores; what
// Append returns for it belongs there and at the indexes that follow.
func StoredIndex(n int64) int64 { return tlog.StoredHashIndex(0, n) }

// StoredCount is how many hashes a log of this size has stored in all.
func StoredCount(size int64) int64 { return tlog.StoredHashCount(size) }

// Append gives the hashes to store when leaf becomes number size of a log of
// that size: its own, then those of the subtrees it completes. It reads at
// most log₂(size) stored hashes and none for every other leaf.
func Append(size int64, leaf []byte, r Reader) ([]Hash, error) {
	if size < 0 {
		return nil, fmt.Errorf("append to a log of size %d: %w", size, ErrSize)
	}
	hashes, err := tlog.StoredHashes(size, leaf, r.exact())
	if err != nil {
		return nil, fmt.Errorf("append leaf %d: %w", size, err)
	}
	return hashes, nil
}

// Root is the root of the first size leaves. A log that is larger by now still
// has every earlier root.
func Root(size int64, r Reader) (Hash, error) {
	if size < 0 {
		return Hash{}, fmt.Errorf("root of a log of size %d: %w", size, ErrSize)
	}
	root, err := tlog.TreeHash(size, r.exact())
	if err != nil {
		return Hash{}, fmt.Errorf("root of a log of size %d: %w", size, err)
	}
	return root, nil
}

// exact makes r what tlog asks for, and refuses a short or long answer: a
// missing row must not become a wrong root.
func (r Reader) exact() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]Hash, error) {
		if len(indexes) == 0 {
			return nil, nil
		}
		hashes, err := r(indexes)
		if err != nil {
			return nil, fmt.Errorf("read stored hashes: %w", err)
		}
		if len(hashes) != len(indexes) {
			return nil, fmt.Errorf("read stored hashes: asked for %d, got %d", len(indexes), len(hashes))
		}
		return hashes, nil
	})
}
