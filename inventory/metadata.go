package inventory

import (
	"fmt"
	"time"
)

// Metadata is a BLOB of the FIDO Metadata Service: what vendors and the FIDO Alliance say about models. Its bytes are
// signed and are verified again when they are read, as of the time at which they were imported.
type Metadata struct {
	No         int64     `json:"no"`          // its serial number, which only rises
	NextUpdate time.Time `json:"next_update"` // the day by which another should have come
	SHA256     string    `json:"sha256"`      // of the bytes, hexadecimal
	Signer     string    `json:"signer"`      // subject of the certificate that signed it, and its root
	Entries    int       `json:"entries"`     // models in it that could be read
	ImportedAt time.Time `json:"imported_at"` // as of this time its signature was verified
	Blob       []byte    `json:"-"`           // empty once another took its place
}

// Supersede lets m take the place of the one before: a number never goes back (FIDO Metadata Service v3.0 §3.2), and two
// BLOBs of one number have the same bytes. It tells if m is the same one once more.
func (m Metadata) Supersede(before Metadata, at time.Time) (next Metadata, ev Event, same bool, err error) {
	switch {
	case m.No < before.No:
		return m, ev, false, Refuse(Conflict, "This metadata is number %d and number %d is here already: an older one would hide what was learned since. The one that is here was kept.", m.No, before.No)
	case m.No == before.No && m.SHA256 != before.SHA256:
		return m, ev, false, Refuse(Conflict, "There are two metadata BLOBs with the number %d and other contents: fetch it again from the FIDO Alliance. The one that is here was kept.", m.No)
	case m.No == before.No:
		return before, ev, true, nil
	}
	if m.ImportedAt.IsZero() {
		m.ImportedAt = at
	}
	return m, Event{Action: "metadata.imported", Subjects: []string{"metadata"}, Payload: m}, false, nil
}

// Mend brings the bytes of m back, after somebody changed them in the database.
func (m Metadata) Mend(blob []byte) (Metadata, Event) {
	m.Blob = blob
	return m, Event{Action: "metadata.mended", Subjects: []string{"metadata"}, Payload: m}
}

// Overdue tells that the day has passed by which newer metadata should have come.
func (m Metadata) Overdue(at time.Time) bool {
	return m.No != 0 && at.After(m.NextUpdate.AddDate(0, 0, 1))
}

// String says in a few words which metadata it is.
func (m Metadata) String() string {
	if m.No == 0 {
		return "no metadata"
	}
	return fmt.Sprintf("metadata no. %d, good until %s", m.No, m.NextUpdate.Format(time.DateOnly))
}
