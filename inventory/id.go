package inventory

import (
	"fmt"

	"github.com/google/uuid"
)

// Ids are UUIDv7 in text (RFC 9562 §5.7): they sort by the time they were made, so an index on them grows at its
// end. They are names, not secrets.
type (
	KeyID          string // KeyID names a [Key].
	PersonID       string // PersonID names a [Person].
	RequisitionID  string // RequisitionID names a [Requisition].
	LineID         string // LineID names a [Line].
	RunID          string // RunID names a [Run].
	RegistrationID string // RegistrationID names a [Registration].
	SealID         string // SealID names a [Seal].
	CustodyID      string // CustodyID names a [Custody].
	ParcelID       string // ParcelID names a [Parcel].
	JudgmentID     string // JudgmentID names a [Judgment].
	ReviewID       string // ReviewID names a [Review].
	IncidentID     string // IncidentID names an [Incident].
	RecallID       string // RecallID names a [Recall].
	RecallItemID   string // RecallItemID names a [RecallItem].
	GrantID        string // GrantID names a [Grant].
	LetterID       string // LetterID names a [Letter].
	IdentityID     string // IdentityID names an [Identity].
	PasskeyID      string // PasskeyID names a [Passkey].
	InvitationID   string // InvitationID names an [Invitation].
	RouteID        string // RouteID names a [Route].
	AbsenceID      string // AbsenceID names an [Absence].
	ApprovalID     string // ApprovalID names an [Approval].
	CommentID      string // CommentID names a [Comment].
	ReceiptID      string // ReceiptID names a [Receipt].
	ReservationID  string // ReservationID names a [Reservation].
	ChangeID       string // ChangeID names a [Change].
	MembershipID   string // MembershipID names a [Membership].
	AddressID      string // AddressID names an address of somebody's address book.
	MergeID        string // MergeID names a [Merge].
)

// NewID makes a fresh id. It fails only when the system gives no randomness.
func NewID[ID ~string]() (ID, error) {
	u, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make id: %w", err)
	}
	return ID(u.String()), nil
}
