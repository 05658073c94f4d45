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
