package inventory

import (
	"slices"
	"time"
)

// What follows is read, never written: rows as pages and exports need them, each list one statement long. A list
// goes on after the last row of the page before (Next), so that page 1000 costs what page 1 does.

// OrderRef says for whom and what a key is made, as one line of text needs it.
type OrderRef struct {
	Requisition RequisitionID
	Number      string // R-1003
	Person      PersonID
	Name        string
	Line        LineID
	Position    int
	Purpose     Purpose
}

// KeyQuery asks for keys, the last changed first.
type KeyQuery struct {
	Text  string   // in tag, serial, model, or name of holder or person it is for; empty: all
	State KeyState // empty: all
	After string   // Next of the page before; empty: the first
	Limit int      // 0: 50
}

// KeyRow is a key in a list.
type KeyRow struct {
	Key    Key
	Holder Holder    // zero when nobody has it
	For    *OrderRef // nil for stock
	Making bool      // a run has it in hand
}

// KeyPage is one page of keys.
type KeyPage struct {
	Rows []KeyRow
	Next string // empty: this is the last
}

// KeyDossier is all that is known about one key.
type KeyDossier struct {
	Key           Key
	For           *OrderRef
	Custody       []Custody // the newest first
	Runs          []RunRow  // the newest first
	Entries       []Entry   // journal of the newest run
	Registrations []Registration
	Judgments     []Judgment  // of its attestation, the newest first
	Seal          *Seal       // the newest, without its blob
	Ledger        []LedgerRow // entries about it, the newest first
}

// RunQuery asks for runs, the newest first.
type RunQuery struct {
	End   RunEnd // empty: all
	After string
	Limit int // 0: 50
}

// RunRow is a run in a list.
type RunRow struct {
	Run   Run
	Tag   AssetTag // empty until the run knew its key
	Model string
	For   *OrderRef
}

// RunPage is one page of runs.
type RunPage struct {
	Rows []RunRow
	Next string
}

// RunDossier is a run with its journal.
type RunDossier struct {
	RunRow
	Entries []Entry
}

// RequisitionQuery asks for requisitions, the newest first.
type RequisitionQuery struct {
	Text  string           // in number, reason or name; empty: all
	State RequisitionState // empty: all
	After string
	Limit int // 0: 50
}

// LineRow is a line with what is known of its key.
type LineRow struct {
	Line     Line
	Tag      AssetTag // empty until it has a key
	Model    string
	KeyState KeyState
}

// RequisitionRow is a requisition in a list or on its page. Requisition.Address is left empty.
type RequisitionRow struct {
	Requisition  Requisition
	Person       Person
	Lines        []LineRow // in their order
	Posted       bool      // an address is on file; else the keys are picked up
	Country      string    // of that address, where one requisition is read and the address can be opened; else empty
	CancelledBy  string    // who cancelled it, as the ledger tells; empty: nobody, or it was erased
	CancelledFor string    // the reason that was given then
}

// AllMade tells if keys are made for all that is still wanted, so that the rest is packing.
func (r RequisitionRow) AllMade() bool {
	made := 0
	for _, l := range r.Lines {
		switch l.Line.State {
		case LineOpen, LineMaking:
			return false
		case LineCancelled:
		default:
			made++
		}
	}
	return made > 0
}

// Here tells if the desk still has something of it to do, or in its hands, that can be changed or cancelled.
func (r RequisitionRow) Here() bool {
	return r.Requisition.Cancellable() && slices.ContainsFunc(r.Lines, func(l LineRow) bool { return l.Line.Here() })
}

// RequisitionPage is one page of requisitions.
type RequisitionPage struct {
	Rows []RequisitionRow
	Next string
}

// PersonFilter chooses people by what is special about them.
type PersonFilter string

// The filters of the directory. Each is what somebody has to see to.
const (
	OnlyLeft      PersonFilter = "left" // not with the company any more
	OnlyHeld      PersonFilter = "held"
	OnlyUnmanaged PersonFilter = "unmanaged" // nobody is known to be their manager
)

// PersonFilters are all of them.
var PersonFilters = []PersonFilter{OnlyLeft, OnlyHeld, OnlyUnmanaged}

// PersonQuery asks for people, by name.
type PersonQuery struct {
	Text       string       // in name, e-mail or department; empty: all
	Tier       Tier         // empty: all; standard: those who have none, too
	Department string       // the whole of it; empty: all
	Only       PersonFilter // empty: all
	After      string
	Limit      int // 0: 50
}

// PersonRow is a person in a list.
type PersonRow struct {
	Person  Person
	Holds   int // keys in this person's custody
	Made    int // keys made for this person that are not in their hands yet
	Wants   int // lines of theirs that no key was made for yet
	Refused int // of the keys they hold, those that are not to be trusted
}

// PersonPage is one page of people.
type PersonPage struct {
	Rows []PersonRow
	Next string
}

// OpenLine is a line that a key can be made for now: its requisition is approved, and nobody makes it yet.
type OpenLine struct {
	For       OrderRef
	Connector string     // usb-a, usb-c, nfc …; empty: any
	Form      FormFactor // empty: any
	Tier      Tier
}

// Overview is what stands at the beginning of a day.
type Overview struct {
	Keys         map[KeyState]int
	Requisitions map[RequisitionState]int
	OpenLines    int // of approved requisitions, that nobody makes yet
	Runs         int // unfinished ones

	Incidents int        // open ones that no recall deals with yet
	Untrusted int        // of those, keys that are refused by what was learned since
	Affected  int        // refused keys that people have or are about to get
	Recalls   int        // open ones
	RecallDue *time.Time // the earliest deadline of those; nil: none is open
}

// LedgerHead is how far the ledger goes and what was last signed.
type LedgerHead struct {
	Size       int64
	Root       string     // hexadecimal; empty for an empty ledger
	Checkpoint string     // the signed note; empty: none yet
	SignedSize int64      // how many entries it covers
	SignedAt   *time.Time // nil: none yet
}

// LedgerRow is the clear part of one entry, with who did it where that may still be known.
type LedgerRow struct {
	Header Header
	Actor  string // name; empty when it was erased
}

// RoleRow is a role that somebody has.
type RoleRow struct {
	Person Person
	Grant  Grant
}

// MemberRow is somebody in a group.
type MemberRow struct {
	Person     Person
	Membership Membership
}

// ApprovalCase is a requisition with all that whoever decides about it looks at.
type ApprovalCase struct {
	RequisitionRow
	Seats       []Approval // of this version, in their order
	Mine        *Approval  // the seat that the reader answers for; nil: none waits for them
	InNameOf    string     // for whom they stand in
	Undo        bool       // the reader can take a yes back: nothing was begun since
	UndoOf      string     // who gave that yes, where it was not the reader
	Entitlement int        // active keys that the person may have
	Holdings    Holdings
	Keys        []Key         // that the person has
	Losses      []Incident    // the newest first
	Others      []Requisition // open ones of the person
	Stock       int           // keys at the desk that nobody was promised
	RequestedBy string        // name of who asked for somebody else; empty: the person did
	Comments    []Comment
	Due         *time.Time // when the seat goes to the next in the row; nil: never, or its clock stands
}

// ApprovalRow is a case in a queue.
type ApprovalRow struct {
	RequisitionRow
	Seat     Approval
	InNameOf string
	Holdings Holdings // without what is coming
	Late     bool

	Entitlement int // active keys that the person may have
}

// InBatch tells if the case can be approved with others, without its page being opened.
func (a ApprovalRow) InBatch() bool { return a.Requisition.CheckBatch(a.Seat, a.Holdings) == nil }

// ApprovalPage is one page of a queue of cases.
type ApprovalPage struct {
	Rows  []ApprovalRow
	Count int // of all that wait, on all pages
	Stock int // keys at the desk that nobody was promised
	Next  string
}

// RouteRow is a row of the routing table with the name of whom it names.
type RouteRow struct {
	Route Route
	Name  string
}

// AbsenceRow is an absence with its names.
type AbsenceRow struct {
	Absence Absence
	Person  string
	StandIn string // empty: nobody
}

// OutboxState is how the mail goes.
type OutboxState struct {
	Waiting int        // letters that are not gone though their time has come
	Since   *time.Time // of the oldest of them; nil: there is none
	Trouble string     // with the one that was tried last; empty: none
}

// PersonDossier is all that is known about one person, under whatever entry and name it happened.
type PersonDossier struct {
	Person       Person
	Manager      *Person       // nil: unknown
	Into         *Person       // whose second entry this was; nil: none
	Entries      []Person      // that were merged into this one
	Merges       []Merge       // that stand, this entry's and those into it, the newest first
	Names        []string      // that they were called before, the newest first
	Keys         []KeyOf       // the newest hand-over first
	Requisitions []Requisition // the newest first, without addresses
	Grants       []Grant       // the newest first
	Groups       []Membership  // open ones
	Absences     []Absence     // that are not over
	Identities   []Identity    // accounts at the identity provider, the oldest first
	Addresses    int           // in their address book
	Passkeys     int
	Reports      int // who name them as their manager
}

// KeyOf is a key that somebody has or had.
type KeyOf struct {
	Key   Key
	Name  string // of the holder, as it was then
	Since time.Time
	Until *time.Time // nil: they have it
}

// Mine is what somebody asked for and has.
type Mine struct {
	Requisitions []RequisitionRow // the newest first
	Keys         []Key
}

// QueueRow is a line that the desk has something to do for. Requisition.Address is left empty by whoever shows it.
type QueueRow struct {
	Line        Line
	Requisition Requisition
	Person      Person
	Tag         AssetTag // of the key that was made for it; empty: none yet
	KeyState    KeyState
	Posted      bool     // it is sent; else handed over at a desk
	Reserved    AssetTag // of the stock key that is kept for it; empty: none
	Printed     bool     // its packet was printed
}

// QueuePage is one page of what the desk has to do.
type QueuePage struct {
	Rows   []QueueRow
	Counts map[QueueAct]int // of all lines, on all pages
	Next   string
}

// QueueAct says what the desk does next for a line.
type QueueAct string

// The acts, in the order of a line's life.
const (
	QueueHeld   QueueAct = "held"   // nothing: it stands still
	QueueMake   QueueAct = "make"   // plug a key in
	QueueMaking QueueAct = "making" // the bench has it
	QueuePack   QueueAct = "pack"   // it goes into its parcel
	QueueHand   QueueAct = "hand"   // its person comes for it
)

// Act says what is next for the line.
func (q QueueRow) Act() QueueAct {
	switch {
	case q.Requisition.Held != "" || q.Person.MayTake() != nil:
		return QueueHeld
	case q.Line.State == LineOpen:
		return QueueMake
	case q.Line.State == LineMaking:
		return QueueMaking
	case q.Posted:
		return QueuePack
	}
	return QueueHand
}
