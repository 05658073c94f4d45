package inventory

import "time"

// Parcel is what is shipped. Its lines are the address as printed, sealed like the address itself.
type Parcel struct {
	ID           ParcelID  `json:"id"`
	Number       string    `json:"number"` // short, on the slip: P-1001
	Requisition  string    `json:"requisition"`
	Line         LineID    `json:"line"`
	Key          KeyID     `json:"key"`
	PrintedLines []byte    `json:"printed_lines"` // sealed; purged after acceptance
	PacketSHA256 string    `json:"packet_sha256"` // of the PDF, hexadecimal
	PrintedAt    time.Time `json:"printed_at"`
}

// ParcelNumber gives the number of a parcel as it is written, P-1001, of one as people type it. It tells if text is one.
func ParcelNumber(text string) (string, bool) {
	digits, ok := numbered(text, "P")
	return "P-" + digits, ok
}

// Event is the ledger's entry about the parcel. The address is in neither of its parts.
func (p Parcel) Event(action string, tag AssetTag) Event {
	return Event{Action: action, Subjects: []string{string(p.Key), string(p.Line)}, Payload: ParcelMoved{p.Number, p.Requisition, tag, p.PacketSHA256}}
}

// ParcelMoved is the payload of what happens to a parcel.
type ParcelMoved struct {
	Number       string   `json:"number"`
	Requisition  string   `json:"requisition"`
	Tag          AssetTag `json:"asset_tag"`
	PacketSHA256 string   `json:"packet_sha256,omitempty"`
}

// Made is all that the packet of a ready key is made of: the same record, so that paper and ledger cannot disagree.
type Made struct {
	Order  Order
	Key    Key
	Run    Run
	Parcel Parcel // zero before anything was printed
}
