// Package seal keeps PINs and addresses at rest: closed to a recipient whose identity is somewhere else.
//
// What it knows: the plaintext of a sealed PIN and of a sealed address, and age (https://age-encryption.org/v1, X25519
// recipients) to close it. What it leaves to others: where identities are kept, who may open what and when, and the
// hash of a sealed blob, which stands in the ledger.
//
// Two things most readers need. First, the bench has a [Sealer], which holds a recipient only: it cannot open what it
// closed, not even a moment later. PINs and addresses have different recipients, since the bench must read the address
// it prints and must never read a PIN. Second, what is sealed names what it belongs to (run and key, or requisition),
// and opening says for what: a blob that was moved to another row does not open, although the cryptography is right.
//
// Guarantees: no string of a PIN is made here, and the buffers that held one are wiped. The buffers of age and of the
// Go runtime are out of reach: an opened PIN lives in the memory of the process that shows it, for as long as it shows it.
package seal
