package attest

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"keystation/station/ctap"
)

// Catalog is what a BLOB of the metadata service says about models. It is read only once it is made.
type Catalog struct {
	No         int64     // its serial number, which only rises
	NextUpdate time.Time // the day by which the next one is due
	Legal      string    // the terms under which it may be used
	SHA256     string    // of the BLOB, hexadecimal
	Signer     string
	Entries    []*Entry  // of models that speak FIDO2 or U2F, in the BLOB's order
	Skipped    []Skipped // entries that could not be read

	byAAGUID map[ctap.AAGUID]*Entry
	byKeyID  map[[sha1.Size]byte]*Entry
	byRoot   map[[sha256.Size]byte][]*Entry
	roots    Roots // of all entries, for any model
}

// Skipped is an entry of a BLOB that could not be read. The others count all the same.
type Skipped struct {
	What string `json:"what"` // the model's name or id, as far as it can be read
	Why  string `json:"why"`
}

// readPayload reads the payload of a BLOB (FIDO Metadata Service v3.0 §3.1.6). It is nil with an error, never half read.
func readPayload(payload []byte) (*Catalog, error) {
	var p struct {
		Legal      string            `json:"legalHeader"`
		No         int64             `json:"no"`
		NextUpdate string            `json:"nextUpdate"`
		Entries    []json.RawMessage `json:"entries"`
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return nil, fault(ErrBLOBMalformed, "The contents of the metadata BLOB cannot be read (%v).", err)
	}
	due, err := time.Parse(time.DateOnly, p.NextUpdate)
	if err != nil || p.No < 1 || p.Entries == nil {
		return nil, fault(ErrBLOBMalformed, "The metadata BLOB has no number, no date for its next update, or no entries.")
	}
	c := &Catalog{No: p.No, NextUpdate: due, Legal: p.Legal,
		byAAGUID: map[ctap.AAGUID]*Entry{}, byKeyID: map[[sha1.Size]byte]*Entry{}, byRoot: map[[sha256.Size]byte][]*Entry{}}
	for _, raw := range p.Entries {
		e, err := readEntry(raw)
		switch {
		case err != nil:
			c.Skipped = append(c.Skipped, Skipped{nameIn(raw), err.Error()})
		case e != nil:
			c.add(e)
		}
	}
	return c, nil
}

func (c *Catalog) add(e *Entry) {
	c.Entries = append(c.Entries, e)
	if e.AAGUID != (ctap.AAGUID{}) {
		c.byAAGUID[e.AAGUID] = e
	}
	for _, id := range e.KeyIDs {
		c.byKeyID[id] = e
	}
	for _, root := range e.Roots {
		sum := sha256.Sum256(root.Raw)
		if c.byRoot[sum] == nil {
			c.roots.Add(root)
		}
		c.byRoot[sum] = append(c.byRoot[sum], e)
	}
}

// Overdue tells that the day has passed by which another BLOB should have come.
func (c *Catalog) Overdue(at time.Time) bool {
	return c != nil && at.After(c.NextUpdate.AddDate(0, 0, 1))
}

// TakesEffect tells if the day of any status report came after one time and until another: what was judged before it is
// to be judged again.
func (c *Catalog) TakesEffect(after, until time.Time) bool {
	if c == nil {
		return false
	}
	return slices.ContainsFunc(c.Entries, func(e *Entry) bool {
		return slices.ContainsFunc(e.Reports, func(r StatusReport) bool {
			return r.Effective.After(after) && !r.Effective.After(until)
		})
	})
}

// Follows refuses to take c in the place of a BLOB with that number and digest: numbers never go back (FIDO Metadata
// Service v3.0 §3.2 step 6), and one number has one BLOB.
func (c *Catalog) Follows(no int64, sha256 string) error {
	if c.No < no {
		return fault(ErrBLOBRollback, "This metadata BLOB is number %d and number %d is here already: an older one would hide what was learned since.", c.No, no)
	}
	if c.No == no && c.SHA256 != sha256 {
		return fault(ErrBLOBRollback, "There are two metadata BLOBs with the number %d and other contents: download it again.", no)
	}
	return nil
}

// Entry gives the entry of a model; nil when there is none.
func (c *Catalog) Entry(model ctap.AAGUID) *Entry {
	if c == nil {
		return nil
	}
	return c.byAAGUID[model]
}

// EntryFor gives the entry of a U2F key by its attestation certificate; nil when there is none. What is looked for is the
// SHA-1 of the public key's bits (FIDO Metadata Statements v3.0 §4, RFC 5280 §4.2.1.2 method 1).
func (c *Catalog) EntryFor(cert *x509.Certificate) *Entry {
	if c == nil || cert == nil {
		return nil
	}
	var spki struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(cert.RawSubjectPublicKeyInfo, &spki); err != nil {
		return nil
	}
	return c.byKeyID[sha1.Sum(spki.Key.Bytes)]
}

// Find lists the entries of a model: by its AAGUID, its certificate key identifier or a part of its name, by name.
func (c *Catalog) Find(text string) []*Entry {
	if c == nil || strings.TrimSpace(text) == "" {
		return nil
	}
	if a, err := ctap.ParseAAGUID(text); err == nil {
		if e := c.byAAGUID[a]; e != nil {
			return []*Entry{e}
		}
		return nil
	}
	bare, _ := hex.DecodeString(strings.TrimSpace(text))
	part := strings.ToLower(oneSpaced(text))
	var found []*Entry
	for _, e := range c.Entries {
		if strings.Contains(strings.ToLower(e.Description), part) || slices.ContainsFunc(e.KeyIDs, func(id [sha1.Size]byte) bool { return bytes.Equal(id[:], bare) }) {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b *Entry) int { return cmp.Compare(a.Description, b.Description) })
	return found
}

// sharing lists the models that name this certificate as their root.
func (c *Catalog) sharing(root *x509.Certificate) []*Entry { return c.byRoot[sha256.Sum256(root.Raw)] }

func oneSpaced(s string) string { return strings.Join(strings.Fields(s), " ") }
