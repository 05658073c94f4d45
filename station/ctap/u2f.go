package ctap

import (
	"encoding/binary"
	"fmt"
)

// The instructions of CTAP1 (FIDO U2F Raw Message Formats v1.2 §4 to §6).
const (
	U2FRegister     = 0x01
	U2FAuthenticate = 0x02
	U2FVersion      = 0x03
)

// The control byte, P1, of an authentication request (U2F Raw Message Formats v1.2 §5.1).
const (
	U2FCheckOnly   = 0x07
	U2FEnforce     = 0x03 // sign only with a touch
	U2FDontEnforce = 0x08
)

// U2FStatus is the status word at the end of a CTAP1 answer, and an error: compare it with errors.Is.
type U2FStatus uint16

// The status words of U2F Raw Message Formats v1.2 §3.3; CTAP 2.1 §7.2 adds that a command may not be allowed.
const (
	U2FNoError                U2FStatus = 0x9000
	U2FConditionsNotSatisfied U2FStatus = 0x6985 // nobody touched it yet
	U2FNotAllowed             U2FStatus = 0x6986
	U2FWrongData              U2FStatus = 0x6A80 // the key handle is not of this authenticator
	U2FWrongParameter         U2FStatus = 0x6A86
	U2FWrongLength            U2FStatus = 0x6700
	U2FClassNotSupported      U2FStatus = 0x6E00
	U2FInstructionUnknown     U2FStatus = 0x6D00
	U2FOther                  U2FStatus = 0x6F00
)

var u2fStatusNames = map[U2FStatus]string{
	U2FNoError: "SW_NO_ERROR", U2FConditionsNotSatisfied: "SW_CONDITIONS_NOT_SATISFIED", U2FNotAllowed: "SW_COMMAND_NOT_ALLOWED",
	U2FWrongData: "SW_WRONG_DATA", U2FWrongParameter: "SW_INCORRECT_P1P2", U2FWrongLength: "SW_WRONG_LENGTH",
	U2FClassNotSupported: "SW_CLA_NOT_SUPPORTED", U2FInstructionUnknown: "SW_INS_NOT_SUPPORTED",
}

// Error is the status word's name and number.
func (s U2FStatus) Error() string {
	name := u2fStatusNames[s]
	if name == "" {
		name = "a status word that U2F does not define"
	}
	return fmt.Sprintf("%s (0x%04X)", name, uint16(s))
}

// Append puts the status word behind the data of an answer.
func (s U2FStatus) Append(data []byte) []byte { return binary.BigEndian.AppendUint16(data, uint16(s)) }

// U2FRequest is a CTAP1 request message (U2F Raw Message Formats v1.2 §3.1).
type U2FRequest struct {
	Instruction byte
	P1, P2      byte
	Data        []byte
}

// ParseU2FRequest reads a request in either length encoding of §3.1. The error is the [U2FStatus] to answer with.
func ParseU2FRequest(b []byte) (U2FRequest, error) {
	const head = 4
	if len(b) < head {
		return U2FRequest{}, U2FWrongLength
	}
	if b[0] != 0 {
		return U2FRequest{}, U2FClassNotSupported
	}
	data, ok := apduData(b[head:])
	if !ok {
		return U2FRequest{}, U2FWrongLength
	}
	return U2FRequest{Instruction: b[1], P1: b[2], P2: b[3], Data: data}, nil
}

// apduData takes the data out of what follows the header: nothing, a length of the answer, or a length with data and
// perhaps a length of the answer.
func apduData(b []byte) ([]byte, bool) {
	const extended = 3
	n, from, answer := 0, 0, 0
	switch {
	case len(b) <= 1 || len(b) == extended && b[0] == 0:
		return nil, true
	case b[0] == 0 && len(b) > extended:
		n, from, answer = int(binary.BigEndian.Uint16(b[1:])), extended, 2
	case b[0] == 0:
		return nil, false
	default:
		n, from, answer = int(b[0]), 1, 1
	}
	rest := len(b) - from - n
	if rest != 0 && rest != answer {
		return nil, false
	}
	return b[from : from+n], true
}

// Encode writes the request with extended lengths, as it goes over USB.
func (r U2FRequest) Encode() []byte {
	b := []byte{0, r.Instruction, r.P1, r.P2, 0}
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.Data)))
	return append(append(b, r.Data...), 0, 0)
}
