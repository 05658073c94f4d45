package station

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"keystation/inventory"
	"keystation/station/attest"
)

// attestedSerial takes the serial number that the certificate of a genuine key proves. It becomes the number of a key that
// has none; one that is known from elsewhere must be the same. What is not proven is not looked at.
func (r *run) attestedSerial(ctx context.Context, facts inventory.Entered, c Credential, says attest.CertificateFacts) (inventory.Entered, error) {
	proven := says.EnterpriseSerial
	if !c.EnterpriseAttested || r.key.Verdict != inventory.Genuine || proven == "" {
		return facts, nil
	}
	switch {
	case r.key.SerialSource == inventory.SerialNone || r.key.Serial == "":
		if err := r.firstOf(ctx, facts, proven); err != nil {
			return facts, err
		}
		r.key.Serial, r.key.SerialSource = proven, inventory.SerialAttested
	case !attestedSame(proven, r.key.Serial):
		return facts, otherSerial(r.key, facts, proven)
	default:
		r.key.Reasons = append(r.key.Reasons, fmt.Sprintf("Its serial number %s is attested: the certificate of this very key says the same.", r.key.Serial))
	}
	key := r.key
	facts.Key = &key
	return facts, nil
}

// otherSerial puts a key aside whose certificate proves another number than the one that it is known by.
func otherSerial(k inventory.Key, facts inventory.Entered, proven string) error {
	return &stop{result: result{
		outcome: inventory.StepRefused, end: inventory.RunQuarantined, facts: facts,
		note: fmt.Sprintf("The key's certificate proves the serial number %s, and %s says %s.", spelled(proven), whoSays[k.SerialSource], k.Serial),
		next: "Compare both with the number that is printed on the key: if the printed one is not the proven one, return the key to the supplier.",
	}}
}

// whoSays names the sources of a serial number in a sentence.
var whoSays = map[inventory.SerialSource]string{
	inventory.SerialVendor: "its maker's own command", inventory.SerialUSB: "its USB descriptor",
	inventory.SerialLabel: "the label that was scanned", inventory.SerialAttested: "an earlier certificate of it",
}

// firstOf refuses to enter a key twice: one that was reset elsewhere answers to no tag, so it came in as a new one.
func (r *run) firstOf(ctx context.Context, facts inventory.Entered, proven string) error {
	was, err := r.b.cfg.Books.KeyBySerial(ctx, inventory.SerialNumber{Vendor: r.key.Vendor, Source: inventory.SerialAttested, Number: proven}, r.key.AAGUID)
	if inventory.KindOf(err) == inventory.NotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up attested serial: %w", err)
	}
	return &stop{result: result{
		outcome: inventory.StepRefused, end: inventory.RunQuarantined, facts: facts,
		note: fmt.Sprintf("The key's certificate proves that it is key %s, which was reset elsewhere and was not known again.", was.Tag),
		next: fmt.Sprintf("Find out who reset it, then take %s or this entry out of use: they are one key.", was.Tag),
	}}
}

// attestedSame tells if a serial number that was written down is the one in a certificate, which is bytes in hexadecimal. The
// standard leaves open what these bytes are, so each reading that a maker may have meant is tried: the bytes in
// hexadecimal, also in groups as a UUID is written; a big-endian number in decimal; ASCII. That a wrong reading of one
// key's number is the right one of another's is left to chance, which the makers' signature keeps from being helped.
//
// Of a number whose end alone is known, the end has to do.
func attestedSame(proven, written string) bool {
	b, err := hex.DecodeString(proven)
	if err != nil || len(b) == 0 || written == "" {
		return false
	}
	text, number := string(b), new(big.Int).SetBytes(b)
	plain := strings.NewReplacer("-", "", ":", "", " ", "").Replace(written)
	if plain == "" {
		return false
	}
	if asHex, err := hex.DecodeString(plain); err == nil && bytes.Equal(asHex, b) {
		return true
	}
	if n, ok := new(big.Int).SetString(plain, 10); ok && isDigits(plain) && n.Cmp(number) == 0 {
		return true
	}
	if inventory.IsSuffix(written) {
		return inventory.SameSerial(text, written) || inventory.SameSerial(number.String(), written)
	}
	return strings.EqualFold(text, written)
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// spelled shows the bytes of a certificate with what they are in decimal, since that is what makers print.
func spelled(proven string) string {
	b, err := hex.DecodeString(proven)
	if err != nil || len(b) > 8 {
		return proven
	}
	return fmt.Sprintf("%s (%d in decimal)", proven, new(big.Int).SetBytes(b))
}
