package softkey

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// SerialForm is how the serial that is made with a key is written.
type SerialForm string

// The forms there are. All are made of the same random bytes, so that a key keeps its serial.
const (
	NoSerial     SerialForm = ""       // nothing on the key tells it from its siblings
	HexSerial    SerialForm = "hex"    // sixteen hexadecimal digits
	NumberSerial SerialForm = "number" // a decimal number of four bytes
	UUIDSerial   SerialForm = "uuid"   // thirty-two hexadecimal digits
	DigitsSerial SerialForm = "digits" // fourteen decimal digits: five of the model, a check digit, eight of the key
)

var serialForms = []SerialForm{NoSerial, HexSerial, NumberSerial, UUIDSerial, DigitsSerial}

// serialNumber is the serial as a number that is not zero.
func (s state) serialNumber() uint32 {
	return binary.BigEndian.Uint32(s.Serial) | 1
}

// uuid is the serial as a random UUID (RFC 9562 §5.4).
func (s state) uuid() [16]byte {
	sum := sha256.Sum256(append([]byte("uuid of the software key "), s.Serial...))
	id := [16]byte(sum[:16])
	id[6] = id[6]&0x0F | 0x40
	id[8] = id[8]&0x3F | 0x80
	return id
}

// digits are the last eight of a serial of fourteen.
func (s state) digits() string { return fmt.Sprintf("%08d", s.serialNumber()%1e8) }

// digitsModel is the model in a serial of fourteen digits, with a check digit.
const digitsModel = "721029"

// attested is what the certificate of enterprise attestation holds of the serial: the number or the bytes that are
// printed in one form or another, big-endian, or the text where the serial is one. Keys that show no serial have one too.
func (s state) attested(form SerialForm) []byte {
	switch form {
	case NumberSerial:
		return binary.BigEndian.AppendUint32(nil, s.serialNumber())
	case UUIDSerial:
		id := s.uuid()
		return id[:]
	case DigitsSerial:
		return []byte(s.serial(form))
	}
	return s.Serial
}

// serial is what stands on a label of the key.
func (s state) serial(form SerialForm) string {
	switch form {
	case HexSerial:
		return strings.ToUpper(hex.EncodeToString(s.Serial))
	case NumberSerial:
		return strconv.FormatUint(uint64(s.serialNumber()), 10)
	case UUIDSerial:
		id := s.uuid()
		return strings.ToUpper(hex.EncodeToString(id[:]))
	case DigitsSerial:
		return digitsModel + s.digits()
	}
	return ""
}
