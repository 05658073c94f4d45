package attest

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"

	"keystation/station/ctap"
)

// packedCertificateFaults holds cert against WebAuthn §8.2.1, Certificate
// Requirements for Packed Attestation Statements, and §8.2.2 for enterprise
// ones. Every fault is named, not only the first.
func packedCertificateFaults(cert *x509.Certificate, aaguid ctap.AAGUID) []Reason {
	var faults []Reason
	// §8.2.1: "Version MUST be set to 3."
	if cert.Version != 3 {
		faults = append(faults, reason(WrongVersion, "The attestation certificate has X.509 version %d instead of 3.", cert.Version))
	}
	faults = append(faults, subjectFaults(cert)...)
	// §8.2.1: "The Basic Constraints extension MUST have the CA component set to
	// false." A missing extension means false too (RFC 5280 §4.2.1.9).
	if cert.IsCA {
		faults = append(faults, reason(IsCA, "The attestation certificate is marked as a certification authority, which no key may hold."))
	}
	return append(faults, extensionFaults(cert, aaguid)...)
}

// subjectFaults is the part of §8.2.1 on the subject field.
func subjectFaults(cert *x509.Certificate) []Reason {
	var faults []Reason
	s := cert.Subject
	// "Subject-OU: Literal string "Authenticator Attestation"."
	if !slices.Contains(s.OrganizationalUnit, "Authenticator Attestation") {
		faults = append(faults, reason(WrongOU, "The attestation certificate's subject has the unit %q instead of \"Authenticator Attestation\".", s.OrganizationalUnit))
	}
	// "Subject-C: ISO 3166 code of the Authenticator vendor's country."
	if len(s.Country) != 1 || !isCountryCode(s.Country[0]) {
		faults = append(faults, reason(WrongSubject, "The attestation certificate's subject has the country %q instead of a two-letter code.", s.Country))
	}
	// "Subject-O: Legal name of the Authenticator vendor."
	if len(s.Organization) == 0 || s.Organization[0] == "" {
		faults = append(faults, reason(WrongSubject, "The attestation certificate's subject names no organization."))
	}
	// "Subject-CN: A UTF8String of the vendor's choosing."
	if s.CommonName == "" {
		faults = append(faults, reason(WrongSubject, "The attestation certificate's subject has no common name."))
	}
	return faults
}

func isCountryCode(s string) bool {
	letter := func(b byte) bool { return b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' }
	return len(s) == 2 && letter(s[0]) && letter(s[1])
}

// extensionFaults is the part of §8.2 and §8.2.1 on id-fido-gen-ce-aaguid, and of
// §8.2.2 on id-fido-gen-ce-sernum. Both may be absent; neither may be critical.
func extensionFaults(cert *x509.Certificate, aaguid ctap.AAGUID) []Reason {
	var faults []Reason
	if ext, there := extension(cert, oidAAGUID); there {
		if ext.Critical {
			faults = append(faults, reason(CriticalAAGUID, "The attestation certificate marks its AAGUID extension as critical, which is forbidden."))
		}
		// §8.2: "If attestnCert contains an extension with OID 1.3.6.1.4.1.45724.1.1.4
		// verify that the value of this extension matches the aaguid in authenticatorData."
		var named []byte
		if rest, err := asn1.Unmarshal(ext.Value, &named); err != nil || len(rest) > 0 || len(named) != len(aaguid) {
			faults = append(faults, reason(WrongAAGUID, "The attestation certificate's AAGUID extension is not an octet string of 16 bytes."))
		} else if ctap.AAGUID(named) != aaguid {
			faults = append(faults, reason(WrongAAGUID, "The attestation certificate is for the model %s, but the key says it is %s.", ctap.AAGUID(named), aaguid))
		}
	}
	if ext, there := extension(cert, oidSerial); there && ext.Critical {
		faults = append(faults, reason(CriticalSerial, "The attestation certificate marks its serial number extension as critical, which is forbidden."))
	}
	return faults
}
