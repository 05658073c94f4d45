// Package ledger is a tamper-evident log over bytes.
//
// It knows leaves, the hash tree above them, salted commitments and signed
// checkpoints. It does not know what a leaf says, where leaves and hashes are
// kept, or what time it is: the caller brings bytes, a Reader of stored hashes
// and a time.
//
// The tree is that of RFC 6962 (Certificate Transparency), by
// golang.org/x/mod/sumdb/tlog. Leaf number n (counted from 0) adds one hash or
// more, which the caller stores at the indexes that follow StoredIndex(n);
// Append says which. Whoever stores them in the transaction that stores the
// leaf can afterwards give a Root for any size, a proof that a leaf is in the
// log, and a proof that the log only grew. A Rebuilder makes the same tree
// from the leaves alone and reads no stored hash, so it is what a verifier
// uses.
//
// A checkpoint is origin, size, root and time, signed as a note
// (golang.org/x/mod/sumdb/note, Ed25519). It protects only once it has left the
// hands of whoever runs the log: a log and a signing key on one machine can be
// rewritten together, and this package cannot notice. Compare against a
// checkpoint kept elsewhere.
//
// What must be erasable one day does not belong into a leaf. The leaf carries
// the Commit of it, and the payload stands beside with its salt; when both are
// gone, the tree still verifies and the commitment says nothing about what was
// erased.
package ledger
