package ledger

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrProof says that a proof does not show what it is given for.
var ErrProof = errors.New("the proof does not hold")

// ProveRecord gives the proof that leaf number n is in the log of this size:
// the hashes beside its way to the root.
// RFC 6962 §2.1.1: the Merkle audit path.
func ProveRecord(size, n int64, r Reader) ([]Hash, error) {
	if n < 0 || n >= size {
		return nil, fmt.Errorf("prove leaf %d of %d: %w", n, size, ErrSize)
	}
	proof, err := tlog.ProveRecord(size, n, r.exact())
	if err != nil {
		return nil, fmt.Errorf("prove leaf %d of %d: %w", n, size, err)
	}
	return proof, nil
}

// CheckRecord is nil when proof shows that the log with this size and root has
// leaf as its number n.
func CheckRecord(proof []Hash, at Checkpoint, n int64, leaf []byte) error {
	if n < 0 || n >= at.Size {
		return fmt.Errorf("check leaf %d of %d: %w", n, at.Size, ErrSize)
	}
	if err := tlog.CheckRecord(proof, at.Size, at.Root, n, LeafHash(leaf)); err != nil {
		return fmt.Errorf("check leaf %d of %d: %w", n, at.Size, ErrProof)
	}
	return nil
}

// ProveTree gives the proof that the log of this size begins with all the
// leaves of the older one. From an empty log there is nothing to prove.
// RFC 6962 §2.1.2: the Merkle consistency proof.
func ProveTree(size, older int64, r Reader) ([]Hash, error) {
	if older < 0 || older > size {
		return nil, fmt.Errorf("prove growth from %d to %d: %w", older, size, ErrSize)
	}
	if older == 0 {
		return []Hash{}, nil
	}
	proof, err := tlog.ProveTree(size, older, r.exact())
	if err != nil {
		return nil, fmt.Errorf("prove growth from %d to %d: %w", older, size, err)
	}
	return proof, nil
}

// CheckTree is nil when proof shows that the log only grew between the two
// checkpoints. It compares sizes and roots; that both are of the same log, by
// origin and signature, is for the caller to know.
func CheckTree(proof []Hash, now, older Checkpoint) error {
	if older.Size < 0 || older.Size > now.Size {
		return fmt.Errorf("check growth from %d to %d: %w", older.Size, now.Size, ErrSize)
	}
	if older.Size == 0 {
		if len(proof) == 0 && older.Root == EmptyRoot() && (now.Size > 0 || now.Root == older.Root) {
			return nil
		}
		return fmt.Errorf("check growth from 0 to %d: %w", now.Size, ErrProof)
	}
	if err := tlog.CheckTree(proof, now.Size, now.Root, older.Size, older.Root); err != nil {
		return fmt.Errorf("check growth from %d to %d: %w", older.Size, now.Size, ErrProof)
	}
	return nil
}
