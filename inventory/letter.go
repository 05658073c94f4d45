package inventory

import "time"

// LetterKind says what a letter is about. The words are in web/mail, one text per kind and language.
type LetterKind string

// The kinds of letter.
const (
	LetterSubmitted     LetterKind = "submitted"  // to who asked, and for whom
	LetterToApprove     LetterKind = "to-approve" // to who decides
	LetterApproved      LetterKind = "approved"
	LetterRejected      LetterKind = "rejected"
	LetterAskedBack     LetterKind = "asked-back" // to who asked: an approver has a question
	LetterAnswered      LetterKind = "answered"   // to the approver who asked
	LetterComment       LetterKind = "comment"
	LetterCancelled     LetterKind = "cancelled"
	LetterReopened      LetterKind = "reopened" // it has to be decided again
	LetterPickUp        LetterKind = "pick-up"  // a key waits at the desk
	LetterHandedOver    LetterKind = "handed-over"
	LetterServed        LetterKind = "served"       // without a key
	LetterDigest        LetterKind = "digest"       // what waits for an approver
	LetterAddress       LetterKind = "address"      // an address was changed: told at both addresses
	LetterReplacement   LetterKind = "replacement"  // likewise
	LetterLoss          LetterKind = "loss"         // likewise
	LetterPINShown      LetterKind = "pin-shown"    // likewise
	LetterRoleGranted   LetterKind = "role-granted" // likewise
	LetterPasskey       LetterKind = "passkey"      // likewise: one was added, by an invitation or beside another
	LetterRoleWithdrawn LetterKind = "role-withdrawn"
	LetterBrokeGlass    LetterKind = "broke-glass" // to all admins
	LetterSuspended     LetterKind = "suspended"   // to all admins: somebody said that it was not them
	LetterInvitation    LetterKind = "invitation"  // that one is on its way, never the link itself
)

// The letters about what was asked.
const (
	LetterAskedFor LetterKind = "asked-for" // somebody asked for a key for the reader
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
