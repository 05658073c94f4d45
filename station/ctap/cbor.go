package ctap

import (
	"errors"
	"fmt"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// maxCBOR bounds what is decoded at all. The largest honest thing is an attestation
// object with a chain of certificates, some kilobytes; CTAPHID itself ends at 7609.
const maxCBOR = 64 << 10

// lenient decodes what keys send: any key order, indefinite lengths, unknown members;
// but duplicate keys, tags and more than the limits are refused.
var lenient = sync.OnceValue(func() cbor.DecMode {
	return decMode(cbor.DecOptions{MaxNestedLevels: 16, MaxArrayElements: 1024, MaxMapPairs: 256})
})

// strict decodes what a platform sends to an authenticator. CTAP 2.1 §8: definite
// lengths only, at most four levels of nesting.
var strict = sync.OnceValue(func() cbor.DecMode {
	return decMode(cbor.DecOptions{MaxNestedLevels: 4, MaxArrayElements: 256, MaxMapPairs: 64,
		IndefLength: cbor.IndefLengthForbidden})
})

func decMode(o cbor.DecOptions) cbor.DecMode {
	o.DupMapKey = cbor.DupMapKeyEnforcedAPF
	o.TagsMd = cbor.TagsForbidden
	o.FieldNameMatching = cbor.FieldNameMatchingCaseSensitive
	m, err := o.DecMode()
	if err != nil {
		panic("ctap: decode options: " + err.Error())
	}
	return m
}

// canonical is CTAP 2.1 §8, the CTAP2 canonical CBOR encoding form.
var canonical = sync.OnceValue(func() cbor.EncMode {
	m, err := cbor.CTAP2EncOptions().EncMode()
	if err != nil {
		panic("ctap: encode options: " + err.Error())
	}
	return m
})

// Encode writes v in CTAP2 canonical CBOR.
func Encode(v any) ([]byte, error) {
	b, err := canonical().Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode CBOR: %w", err)
	}
	return b, nil
}

// DecodeRequest reads the CBOR of a request strictly, as an authenticator should. The
// error is the [Status] to answer with.
func DecodeRequest(b []byte, v any) error {
	err := strict().Unmarshal(b, v)
	if err == nil {
		return nil
	}
	if typ := (*cbor.UnmarshalTypeError)(nil); errors.As(err, &typ) {
		return ErrCBORUnexpectedType
	}
	return ErrInvalidCBOR
}

// Decode reads the CBOR of an authenticator's answer into v, leniently.
func Decode(b []byte, v any) error {
	if len(b) > maxCBOR {
		return fmt.Errorf("decode CBOR: %d bytes are more than the limit of %d", len(b), maxCBOR)
	}
	if err := lenient().Unmarshal(b, v); err != nil {
		return fmt.Errorf("decode CBOR: %w", err)
	}
	return nil
}

// item takes the first CBOR item off b and returns it and the rest, both copies or
// slices that share nothing a caller may change.
func item(b []byte) (first, rest []byte, err error) {
	var raw cbor.RawMessage
	rest, err = lenient().UnmarshalFirst(b, &raw)
	if err != nil {
		return nil, nil, fmt.Errorf("decode CBOR: %w", err)
	}
	return raw, rest, nil
}

// isMap reports whether raw starts a CBOR map (major type 5).
func isMap(raw []byte) bool { return len(raw) > 0 && raw[0]>>5 == 5 }
