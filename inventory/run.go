package inventory

import "time"

// Step names a step of a run, in the words of the program's output.
type Step string

// The steps of a run, in order.
const (
	Identify  Step = "identify"
	Reset     Step = "reset"
	Tag       Step = "tag"
	SealPIN   Step = "seal"
	SetPIN    Step = "set-pin"
	Configure Step = "configure"
	Prove     Step = "prove"
	Register  Step = "register"
	Force     Step = "force"
	Record    Step = "record"
)

// Steps lists the steps in the order in which a run takes them.
var Steps = []Step{Identify, Reset, Tag, SealPIN, SetPIN, Configure, Prove, Register, Force, Record}

// Outcome is how a step ended.
type Outcome string

// The outcomes of a step.
const (
	Done        Outcome = "done"
	Skipped     Outcome = "skipped"  // left out by the key or by policy
	StepRefused Outcome = "refused"  // a rule or the key said no: a result
	Failed      Outcome = "failed"   // an I/O fault
	Waiting     Outcome = "waiting"  // for a person who did not come
	Unproven    Outcome = "unproven" // done as far as anybody can tell
)

// Went tells if the run may go on after this outcome.
func (o Outcome) Went() bool { return o == Done || o == Skipped || o == Unproven }

// Phase tells the two kinds of journal entries apart.
type Phase string

// An intent is written before the act, an outcome after it.
const (
	Intent Phase = "intent"
	Ended  Phase = "outcome"
)

// RunEnd says how a run ended.
type RunEnd string

// The ends of a run.
const (
	RunReady       RunEnd = "ready"
	RunStocked     RunEnd = "stocked" // made for stock: blank and tagged, a later run finishes it
	RunRefused     RunEnd = "refused"
	RunWaiting     RunEnd = "waiting"
	RunFailed      RunEnd = "failed"
	RunQuarantined RunEnd = "quarantined"
	RunInterrupted RunEnd = "interrupted" // its process died; found and closed by a later one
)

// Run is one provisioning attempt on one key at one port. Its row is made before the key is opened.
type Run struct {
	ID        RunID      `json:"id"`
	Port      string     `json:"port"`   // where on the bench, as long as the bench stands
	Device    string     `json:"device"` // the path it was opened at
	Owner     string     `json:"owner"`  // names the lock file of the process that runs it
	Operator  Actor      `json:"operator"`
	Key       KeyID      `json:"key"`    // empty until identify ended done
	Line      LineID     `json:"line"`   // empty until one was taken, or for stock
	Policy    string     `json:"policy"` // version of the policy it followed
	StartedAt time.Time  `json:"started_at"`
	EndedAt   *time.Time `json:"ended_at"`
	End       RunEnd     `json:"end"`
	Reasons   []string   `json:"reasons"` // sentences for a person
}

// Entry is one line of a run's journal.
type Entry struct {
	Run     RunID     `json:"run"`
	Seq     int       `json:"seq"` // 1, 2, … within the run
	At      time.Time `json:"at"`
	Step    Step      `json:"step"`
	Phase   Phase     `json:"phase"`
	Outcome Outcome   `json:"outcome"` // empty for an intent
	MS      int64     `json:"ms"`      // how long the act took; 0 for an intent
	Note    string    `json:"note"`    // one sentence; never a PIN
	Detail  string    `json:"detail"`  // what recovery needs of an intent, as canonical JSON; may be empty
}

// Entered is an entry with the facts that are written in the same transaction. Zero fields change nothing. What is to
// happen to lines and requisitions is named here and decided by their rules on the rows as they are in that
// transaction, since pages change them too.
type Entered struct {
	Entry Entry

	Key          *Key          // inserted or replaced
	Custody      *Custody      // opened now; the key's open row, if any, ends at its From
	Registration *Registration // inserted or replaced
	Revoke       *Revocation   // live registrations of a key made by other runs than Keep
	Judgment     *Judgment     // inserted
	Seal         *Seal         // inserted or replaced
	VoidSeals    KeyID         // every sealed PIN of this key is void (not the one in Seal)
	Made         LineID        // the line that Key was made for: it becomes made and its requisition fulfilling
	Reopen       LineID        // the line whose key is made again: it becomes open, or that of the run when Run says so
	Release      bool          // the line that the run holds, if any, becomes open
	Run          *Run          // replaced: key and line taken, or the end
	Events       []Event       // beside run.<step> (one for each Append), as entries of their own
}

// Revocation ends registrations of a key: all that live, except those that run Keep made.
type Revocation struct {
	Key  KeyID
	Kind RegistrationKind // empty: all kinds
	Keep RunID
	Why  string
}

// Unfinished is a run whose process is gone, with all that its recovery needs.
type Unfinished struct {
	Run           Run
	Entries       []Entry
	Key           *Key // nil until identify ended done
	Registrations []Registration
	Later         bool // another run took the key up since
}

// Last gives the last journal entry: an intent without outcome tells where the process died.
func (u Unfinished) Last() Entry {
	if len(u.Entries) == 0 {
		return Entry{Run: u.Run.ID, Step: Identify, Phase: Intent}
	}
	return u.Entries[len(u.Entries)-1]
}

// Did tells if step ended so that the run could go on.
func (u Unfinished) Did(step Step) bool {
	for _, e := range u.Entries {
		if e.Step == step && e.Phase == Ended && e.Outcome.Went() {
			return true
		}
	}
	return false
}
