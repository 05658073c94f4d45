package inventory

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

var (
	grace = Actor{ID: "p2", Name: "Grace", Method: ByOIDC}
	asked = Requisition{ID: "r1", Number: "R-1001", Person: "p1", Reason: "admin of payroll"}
)

func requisitionIn(s RequisitionState) Requisition {
	r := asked
	r.State = s
	return r
}

func TestRequisition_Submit(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*Requisition)
		want    Tier
		kind    Kind
		refusal string
	}{
		{"plain", func(*Requisition) {}, Standard, "", ""},
		{"critical", func(r *Requisition) { r.Tier = Critical }, Critical, "", ""},
		{"no such tier", func(r *Requisition) { r.Tier = "gold" }, "", Invalid, `"gold" is no tier: use standard, elevated or critical.`},
		{"control character", func(r *Requisition) { r.Reason = "a\x07b" }, "", Invalid, "The reason has the control character U+0007 at place 2: remove it."},
		{"closed before", func(r *Requisition) { r.State = Closed }, "", Conflict, "Requisition R-1001 is closed already: submit a new one."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := asked
			tt.change(&r)
			got, ev, err := r.Submit(noon)
			refused(t, err, tt.kind, tt.refusal)
			if tt.refusal != "" {
				return
			}
			if got.State != Submitted || got.Version != 1 || got.Tier != tt.want || got.CreatedAt != noon || got.ChangedAt != noon {
				t.Errorf("requisition = %+v", got)
			}
			want := Event{"requisition.submitted", []string{"r1", "p1"}, RequisitionMoved{"R-1001", Submitted, "admin of payroll"}}
			if !reflect.DeepEqual(ev, want) {
				t.Errorf("event = %+v, want %+v", ev, want)
			}
		})
	}
}

func TestRequisition_Approve(t *testing.T) {
	tests := []struct {
		name    string
		have    RequisitionState
		by      Actor
		kind    Kind
		refusal string
	}{
		{"by another", Submitted, grace, "", ""},
		{"their own", Submitted, Actor{ID: "p1", Name: "Ada"}, Forbidden, "Nobody approves their own requisition: ask another approver for R-1001."},
		{"twice", Approved, grace, Conflict, "Requisition R-1001 is approved: only a submitted one can be approved."},
		{"canceled", Cancelled, grace, Conflict, "Requisition R-1001 is cancelled: only a submitted one can be approved."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ev, err := requisitionIn(tt.have).Approve(tt.by, noon)
			refused(t, err, tt.kind, tt.refusal)
			if tt.refusal != "" {
				if got.State != tt.have || got.ApprovedBy != nil {
					t.Errorf("a refusal changed it: %+v", got)
				}
				return
			}
			if got.State != Approved || *got.ApprovedBy != tt.by || *got.ApprovedAt != noon || ev.Action != "requisition.approved" {
				t.Errorf("requisition = %+v, event = %+v", got, ev)
			}
		})
	}
}

func TestRequisition_Fulfill(t *testing.T) {
	tests := []struct {
		have    RequisitionState
		refusal string
	}{
		{Approved, ""},
		{Fulfilling, ""},
		{Submitted, "Requisition R-1001 is not approved yet: have it approved, then run again."},
		{Rejected, "Requisition R-1001 is rejected: no keys are made for it."},
		{Cancelled, "Requisition R-1001 is cancelled: no keys are made for it."},
		{ServedWithoutKey, "Requisition R-1001 is served-without-key: no keys are made for it."},
		{Sent, "Requisition R-1001 is sent: no keys are made for it."},
		{Closed, "Requisition R-1001 is closed: no keys are made for it."},
	}
	for _, tt := range tests {
		t.Run(string(tt.have), func(t *testing.T) {
			r := requisitionIn(tt.have)
			refused(t, r.Makeable(), Conflict, tt.refusal)
			got, ev, err := r.Fulfill(noon)
			refused(t, err, Conflict, tt.refusal)
			if tt.refusal == "" && (got.State != Fulfilling || ev.Action != "requisition.fulfilling") {
				t.Errorf("requisition = %+v, event = %+v", got, ev)
			}
			if tt.refusal != "" && got.State != tt.have {
				t.Errorf("a refusal changed it to %s", got.State)
			}
		})
	}
}

func TestRequisition_Cancel(t *testing.T) {
	const over = "Requisition R-1001 is %s and cannot be cancelled any more."
	tests := []struct {
		name    string
		have    RequisitionState
		reason  string
		kind    Kind
		refusal string
	}{
		{"nobody approved it yet", Submitted, "asked twice", "", ""},
		{"before a key is made", Approved, " Ada leaves ", "", ""},
		{"while keys are made", Fulfilling, "Ada leaves", "", ""},
		{"nobody says why", Approved, " \t", Invalid, "Requisition R-1001 cannot be cancelled without a reason: say why."},
		{"a reason that hides something", Approved, "a\u202eb", Invalid, "The reason has the control character U+202E at place 2: remove it."},
		{"on its way", Sent, "Ada leaves", Conflict, fmt.Sprintf(over, Sent)},
		{"over", Closed, "Ada leaves", Conflict, fmt.Sprintf(over, Closed)},
		{"rejected", Rejected, "Ada leaves", Conflict, fmt.Sprintf(over, Rejected)},
		{"twice", Cancelled, "Ada leaves", Conflict, fmt.Sprintf(over, Cancelled)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ev, err := requisitionIn(tt.have).Cancel(tt.reason, nil, noon)
			refused(t, err, tt.kind, tt.refusal)
			if tt.refusal != "" {
				if got.State != tt.have || ev.Action != "" {
					t.Errorf("a refusal changed it: %+v, %+v", got, ev)
				}
				return
			}
			want := Event{"requisition.cancelled", []string{"r1", "p1"}, RequisitionMoved{"R-1001", Cancelled, strings.TrimSpace(tt.reason)}}
			if got.State != Cancelled || got.ChangedAt != noon || !reflect.DeepEqual(ev, want) {
				t.Errorf("requisition = %+v, event = %+v", got, ev)
			}
		})
	}
}

// TestLine_life tries each rule on a line in each state.
func TestLine_life(t *testing.T) {
	later := noon.Add(time.Minute)
	line := func(s LineState, run RunID, key KeyID) Line {
		return Line{ID: "l1", Purpose: Primary, State: s, Run: run, Key: key, ChangedAt: noon}
	}
	open, making, made := line(LineOpen, "", ""), line(LineMaking, "run1", ""), line(LineMade, "run1", "k1")
	dated := func(l Line) Line { l.ChangedAt = later; return l }
	take := func(l Line) (Line, error) { return l.Take("run1", later) }
	release := func(l Line) (Line, error) { return l.Release("run1", later), nil }
	finish := func(l Line) (Line, error) { return l.Made("run1", "k1", later) }
	reopen := func(l Line) (Line, error) { return l.Reopen(later), nil }
	cancel := func(l Line) (Line, error) { return l.Cancel(later) }
	tests := []struct {
		name    string
		do      func(Line) (Line, error)
		have    Line
		want    Line
		refusal string
	}{
		{"take an open one", take, open, dated(making), ""},
		{"take one that is being made", take, line(LineMaking, "run2", ""), line(LineMaking, "run2", ""), "This line is making already: take another."},
		{"take one that is made", take, made, made, "This line is made already: take another."},
		{"take one that was canceled", take, line(LineCancelled, "", ""), line(LineCancelled, "", ""), "This line is cancelled already: take another."},
		{"release ours", release, making, dated(open), ""},
		{"release another run's", release, line(LineMaking, "run2", ""), line(LineMaking, "run2", ""), ""},
		{"release one that is made", release, made, made, ""},
		{"release an open one", release, open, open, ""},
		{"made", finish, making, dated(made), ""},
		{"made for another run", finish, line(LineMaking, "run2", ""), line(LineMaking, "run2", ""),
			"This line was taken from the run that made its key (it is making): put the key aside."},
		{"made, but it was canceled", finish, line(LineCancelled, "run1", ""), line(LineCancelled, "run1", ""),
			"This line was taken from the run that made its key (it is cancelled): put the key aside."},
		{"made twice", finish, made, made, "This line was taken from the run that made its key (it is made): put the key aside."},
		{"reopen", reopen, made, dated(open), ""},
		{"reopen one on its way", reopen, line(LineSent, "run1", "k1"), line(LineSent, "run1", "k1"), ""},
		{"reopen one that is being made", reopen, making, making, ""},
		{"cancel an open one", cancel, open, dated(line(LineCancelled, "", "")), ""},
		{"cancel one that is being made", cancel, making, dated(line(LineCancelled, "", "")), ""},
		{"cancel one that is made", cancel, made, dated(line(LineCancelled, "", "")), ""},
		{"cancel twice", cancel, line(LineCancelled, "", ""), line(LineCancelled, "", ""), ""},
		{"cancel one on its way", cancel, line(LineSent, "run1", "k1"), line(LineSent, "run1", "k1"),
			"The primary key is sent already, so nothing can be cancelled any more: have the key sent back instead."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.do(tt.have)
			refused(t, err, Conflict, tt.refusal)
			if got != tt.want {
				t.Errorf("line = %+v\n want %+v", got, tt.want)
			}
		})
	}
}

func TestOrder_Wanted(t *testing.T) {
	tests := []struct {
		name    string
		have    RequisitionState
		line    LineState
		refusal string
	}{
		{"open", Approved, LineOpen, ""},
		{"the second of two", Fulfilling, LineOpen, ""},
		{"not approved", Submitted, LineOpen, "Requisition R-1001 is not approved yet: have it approved, then run again."},
		{"over", Closed, LineOpen, "Requisition R-1001 is closed: no keys are made for it."},
		{"in hand", Fulfilling, LineMaking, "The spare key of R-1001 is being made already: choose another line."},
		{"made", Fulfilling, LineMade, "The spare key of R-1001 is made already: choose another line."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := Order{Requisition: requisitionIn(tt.have), Line: Line{ID: "l1", Purpose: Spare, State: tt.line}}
			refused(t, o.Wanted(), Conflict, tt.refusal)
		})
	}
}
