package ctaphid

import (
	"encoding/binary"
	"fmt"
)

// Capabilities is the capability byte of an INIT answer (CTAP 2.1 §11.2.9.1.3).
type Capabilities byte

// The capabilities of CTAP 2.1 §11.2.9.1.3.
const (
	CapWink Capabilities = 0x01
	CapCBOR Capabilities = 0x04
	CapNMSG Capabilities = 0x08 // no CTAP1/U2F
)

// ProtocolVersion is the version of CTAPHID that INIT answers name.
const ProtocolVersion = 2

// NonceSize is the length of the nonce in INIT.
const NonceSize = 8

// InitResponse is the answer to INIT (CTAP 2.1 §11.2.9.1.3).
type InitResponse struct {
	Nonce        [NonceSize]byte
	Channel      Channel
	Protocol     byte
	Version      [3]byte // major, minor, build of the device, as the vendor likes
	Capabilities Capabilities
}

const initResponseSize = NonceSize + 9

// Encode writes the answer.
func (r InitResponse) Encode() []byte {
	b := append([]byte(nil), r.Nonce[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(r.Channel))
	b = append(b, r.Protocol)
	b = append(b, r.Version[:]...)
	return append(b, byte(r.Capabilities))
}

// ParseInitResponse reads an answer to INIT. CTAP 2.1 §11.2.9.1.3: a host accepts
// longer ones and ignores the rest.
func ParseInitResponse(b []byte) (InitResponse, error) {
	if len(b) < initResponseSize {
		return InitResponse{}, fmt.Errorf("parse INIT response: %d bytes are fewer than %d", len(b), initResponseSize)
	}
	r := InitResponse{Channel: Channel(binary.BigEndian.Uint32(b[NonceSize:])), Protocol: b[12], Capabilities: Capabilities(b[16])}
	copy(r.Nonce[:], b)
	copy(r.Version[:], b[13:16])
	return r, nil
}
