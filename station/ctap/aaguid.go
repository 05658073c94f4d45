package ctap

import (
	"encoding/hex"
	"fmt"
)

// AAGUID names the model of an authenticator. It is not an identity: all keys of a
// model and batch share it. It need not be a random UUID; some are ASCII text.
type AAGUID [16]byte

// String is the dashed form in lower case.
func (a AAGUID) String() string {
	h := hex.EncodeToString(a[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// IsZero reports whether the authenticator named no model, as U2F credentials do.
func (a AAGUID) IsZero() bool { return a == AAGUID{} }

// ParseAAGUID reads the dashed form or 32 hexadecimal digits, in either case.
func ParseAAGUID(s string) (AAGUID, error) {
	plain := s
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
		plain = s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	}
	var a AAGUID
	b, err := hex.DecodeString(plain)
	if err != nil || len(b) != len(a) {
		return AAGUID{}, fmt.Errorf("parse AAGUID: %q is not 32 hexadecimal digits with or without dashes", s)
	}
	copy(a[:], b)
	return a, nil
}

// MarshalText writes the dashed form, so that JSON shows it.
func (a AAGUID) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what [ParseAAGUID] reads.
func (a *AAGUID) UnmarshalText(b []byte) error {
	v, err := ParseAAGUID(string(b))
	if err != nil {
		return err
	}
	*a = v
	return nil
}
