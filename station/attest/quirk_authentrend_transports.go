package attest

import (
	"bytes"
	"encoding/asn1"
)

// mendTransports reads an OCTET STRING as the BIT STRING it should be. AuthenTrend
// ATKey.Pro and ATKey.Card certificates carry the transports extension as
// `04 02 05 20` where `03 02 05 20` (USB) is due; only the tag is wrong.
// Source: https://github.com/passwordless-lib/fido2-net-lib/issues/228
func mendTransports(value []byte) []byte {
	if len(value) < 3 || value[0] != asn1.TagOctetString {
		return value
	}
	mended := bytes.Clone(value)
	mended[0] = asn1.TagBitString
	return mended
}
