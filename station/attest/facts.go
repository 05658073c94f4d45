package attest

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"time"

	"keystation/station/ctap"
)

// CertificateFacts is what the attestation certificate says. It is a claim until
// the Verdict is Genuine, and then about the batch that shares the certificate.
// The number in a name like "Yubico U2F EE Serial 1955003842" counts certificates
// and is not the key's serial number.
type CertificateFacts struct {
	Subject          string       `json:"subject,omitempty"`
	Issuer           string       `json:"issuer,omitempty"`
	NotBefore        time.Time    `json:"not_before,omitzero"`
	NotAfter         time.Time    `json:"not_after,omitzero"`
	Fingerprint      string       `json:"fingerprint,omitempty"` // SHA-256, hexadecimal
	AAGUID           *ctap.AAGUID `json:"aaguid,omitempty"`      // nil: the certificate is for no model in particular
	Transports       []string     `json:"transports,omitempty"`
	YubicoDevice     string       `json:"yubico_device,omitempty"`     // like 1.3.6.1.4.1.41482.1.7
	YubicoFirmware   string       `json:"yubico_firmware,omitempty"`   // like 5.4.2
	FIPS             bool         `json:"fips,omitempty"`              // has Yubico's FIPS marker
	EnterpriseSerial string       `json:"enterprise_serial,omitempty"` // hexadecimal, opaque bytes of the vendor
}

// The extensions that are read: WebAuthn §8.2.1 and §8.2.2, FIDO U2F
// Authenticator Transports Extension §3, and Yubico's own arc.
var (
	oidAAGUID         = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}
	oidSerial         = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 2}
	oidTransports     = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 2, 1, 1}
	oidYubicoDevice   = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 2}
	oidYubicoFIPS     = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 12}
	oidYubicoFirmware = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 13, 1}
)

func factsOf(cert *x509.Certificate) CertificateFacts {
	f := CertificateFacts{
		Subject:     cert.Subject.String(),
		Issuer:      cert.Issuer.String(),
		NotBefore:   cert.NotBefore.UTC(),
		NotAfter:    cert.NotAfter.UTC(),
		Fingerprint: fmt.Sprintf("%x", sha256.Sum256(cert.Raw)),
	}
	if b := octets(cert, oidAAGUID); len(b) == len(ctap.AAGUID{}) {
		a := ctap.AAGUID(b)
		f.AAGUID = &a
	}
	if ext, there := extension(cert, oidTransports); there {
		f.Transports = transports(ext.Value)
	}
	if ext, there := extension(cert, oidYubicoDevice); there && isPlain(ext.Value) {
		f.YubicoDevice = string(ext.Value) // raw ASCII where DER is due
	}
	if b := octets(cert, oidYubicoFirmware); len(b) == 3 {
		f.YubicoFirmware = fmt.Sprintf("%d.%d.%d", b[0], b[1], b[2])
	}
	_, f.FIPS = extension(cert, oidYubicoFIPS)
	f.EnterpriseSerial = hex.EncodeToString(octets(cert, oidSerial))
	return f
}

// short is what people call a certificate by.
func short(name pkix.Name) string {
	if name.CommonName != "" {
		return name.CommonName
	}
	return name.String()
}

// extension finds an extension; a certificate that has it twice is not parsed at all.
func extension(cert *x509.Certificate, oid asn1.ObjectIdentifier) (pkix.Extension, bool) {
	for _, ext := range cert.Extensions {
		if ext.Id.Equal(oid) {
			return ext, true
		}
	}
	return pkix.Extension{}, false
}

// octets is the content of an extension whose value is an OCTET STRING, else nil.
func octets(cert *x509.Certificate, oid asn1.ObjectIdentifier) []byte {
	ext, there := extension(cert, oid)
	if !there {
		return nil
	}
	var b []byte
	if rest, err := asn1.Unmarshal(ext.Value, &b); err != nil || len(rest) > 0 {
		return nil
	}
	return b
}

func isPlain(b []byte) bool {
	for _, c := range b {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return len(b) <= 64
}

// transportNames are the bits of FIDOU2FTransports in their order.
var transportNames = []string{"bluetooth", "ble", "usb", "nfc", "usb-internal"}

// transports reads FIDOU2FTransports, a BIT STRING. Bits beyond the standard's
// are named by number; the YubiKey 5Ci sets bit 5 for its Lightning plug.
func transports(value []byte) []string {
	var bits asn1.BitString
	if rest, err := asn1.Unmarshal(mendTransports(value), &bits); err != nil || len(rest) > 0 {
		return nil
	}
	var names []string
	for i := range min(bits.BitLength, 32) {
		if bits.At(i) == 0 {
			continue
		}
		name := fmt.Sprintf("bit-%d", i)
		if i < len(transportNames) {
			name = transportNames[i]
		}
		names = append(names, name)
	}
	return names
}
