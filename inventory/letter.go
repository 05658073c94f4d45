package inventory

import "time"

// LetterKind says what a letter is about. The words are in web/mail, one text per kind and language.
type LetterKind string

// The letters about what was asked.
const (
	LetterAskedFor LetterKind = "asked-for" // somebody asked for a key for the reader
	LetterReported LetterKind = "reported"  // a key of the reader's was said to be lost, stolen or damaged
	LetterStolen   LetterKind = "stolen"    // to those who see to it: somebody's key was stolen
)

// Letter is a mail that is to be written: to whom, about what, and the facts its words need. It is put down in the
// transaction of the act that it tells of, so that neither is without the other, and sent from there until it is gone. It
// never holds a PIN, a full serial number or an address.
type Letter struct {
	ID       LetterID    `json:"id"`
	Person   PersonID    `json:"person"`
	To       string      `json:"to"`       // e-mail address, as it was when the act happened
	Language string      `json:"language"` // BCP 47, of the person; empty: English
	Kind     LetterKind  `json:"kind"`
	Facts    LetterFacts `json:"facts"`

	CreatedAt time.Time  `json:"created_at"`
	Due       time.Time  `json:"due"` // when to try next
	Tries     int        `json:"tries"`
	SentAt    *time.Time `json:"sent_at"`
	Trouble   string     `json:"trouble"` // why the last try failed; empty: it did not
}

// LetterFacts is what the words of a letter are filled with. A kind uses those that it needs.
type LetterFacts struct {
	Name   string   `json:"name,omitempty"`   // whom it is about, when not the reader
	Number string   `json:"number,omitempty"` // of the requisition
	By     string   `json:"by,omitempty"`     // who did it
	Reason string   `json:"reason,omitempty"`
	Role   Role     `json:"role,omitempty"`
	Day    string   `json:"day,omitempty"`  // 2006-01-02
	Path   string   `json:"path,omitempty"` // of the page to go on with, on the people's surface
	Deny   string   `json:"deny,omitempty"` // path of the page that says "this was not me"
	Count  int      `json:"count,omitempty"`
	Lines  []string `json:"lines,omitempty"` // of a digest, each a case
}
