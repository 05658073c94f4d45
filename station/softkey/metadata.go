package softkey

import (
	"bytes"
	"crypto"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/big"
	"time"

	"keystation/station/ctap"
)

// StatusReport is what metadata say of a model from a day on (FIDO Metadata Service v3.0 §3.1.3).
type StatusReport struct {
	Status   string // FIDO_CERTIFIED_L1, REVOKED …
	Since    time.Time
	Firmware uint64 // authenticatorVersion that it is about; 0: any
	URL      string // empty: none
}

// usual is what is said of a model unless somebody says something else: one has newer firmware than its keys, one was never
// certified, and all others were.
func (m Model) usual() []StatusReport {
	day := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
	switch m.Name {
	case "yubikey-like":
		next := m.GetInfo.FirmwareVersion + 1
		return []StatusReport{{Status: "FIDO_CERTIFIED_L1", Since: day(2025)}, {Status: "UPDATE_AVAILABLE", Since: day(2026), Firmware: next}}
	case "fido20":
		return []StatusReport{{Status: "NOT_FIDO_CERTIFIED", Since: day(2025)}}
	}
	return []StatusReport{{Status: "FIDO_CERTIFIED_L1", Since: day(2025)}}
}

// Metadata gives a BLOB about software keys, as the FIDO Metadata Service publishes one about real ones: for tests and
// the demo. It is signed below [RootPEM]. It has an entry for every model, each certified at level 1 since 2025 but one
// that is not and one that has an update; reports, by the name of a profile, say something else or, when empty, nothing.
// It needs no network, and the same arguments give the same bytes.
func Metadata(no int, nextUpdate time.Time, reports map[string][]StatusReport) ([]byte, error) {
	key, err := derived("metadata service")
	if err != nil {
		return nil, err
	}
	leaf, err := metadataLeaf(key)
	if err != nil {
		return nil, err
	}
	entries := []any{}
	for _, m := range profiles {
		list, said := reports[m.Name]
		if !said {
			list = m.usual()
		}
		entry, err := m.metadata(list)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return signJWS(key, map[string]any{"alg": "ES256", "typ": "JWT", "x5c": [][]byte{leaf}}, map[string]any{
		"legalHeader": legalHeader, "no": no, "nextUpdate": nextUpdate.Format(time.DateOnly), "entries": entries,
	})
}

func metadataLeaf(key repeatable) ([]byte, error) {
	ca := theRoot()
	if ca.err != nil {
		return nil, ca.err
	}
	from, to := validity()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "keystation software key metadata (not for production)"},
		NotBefore: from, NotAfter: to, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
		SubjectKeyId: keyID(&key.PublicKey), SignatureAlgorithm: x509.ECDSAWithSHA256,
	}
	der, err := x509.CreateCertificate(nil, template, ca.cert, &key.PublicKey, ca.key)
	if err != nil {
		return nil, fmt.Errorf("make metadata certificate: %w", err)
	}
	return der, nil
}

// metadata is a model's entry (FIDO Metadata Service v3.0 §3.1.1).
func (m Model) metadata(reports []StatusReport) (map[string]any, error) {
	statement, err := m.statement()
	if err != nil {
		return nil, err
	}
	list := []any{}
	last, _ := validity()
	for _, r := range reports {
		report := map[string]any{"status": r.Status, "effectiveDate": r.Since.Format(time.DateOnly)}
		if r.Firmware != 0 {
			report["authenticatorVersion"] = r.Firmware
		}
		if r.URL != "" {
			report["url"] = r.URL
		}
		list = append(list, report)
		if r.Since.After(last) {
			last = r.Since
		}
	}
	entry := map[string]any{"statusReports": list, "timeOfLastStatusChange": last.Format(time.DateOnly), "metadataStatement": statement}
	return entry, m.named(entry, statement)
}

// named says of which model these are: by its AAGUID, or by the key of its certificate where it has none.
func (m Model) named(these ...map[string]any) error {
	name, value := "aaguid", any(m.GetInfo.AAGUID.String())
	if !m.speaksCTAP2() {
		a, err := newAttester(m)
		if err != nil {
			return err
		}
		point, err := a.key.PublicKey.Bytes()
		if err != nil {
			return fmt.Errorf("name model: %w", err)
		}
		sum := sha1.Sum(point) // FIDO Metadata Statements v3.0 §4: RFC 5280 §4.2.1.2 method 1
		name, value = "attestationCertificateKeyIdentifiers", []string{hex.EncodeToString(sum[:])}
	}
	for _, t := range these {
		t[name] = value
	}
	return nil
}

// statement is a model's metadata statement (FIDO Metadata Statements v3.0 §4), without what nobody reads in those of
// security keys.
func (m Model) statement() (map[string]any, error) {
	icon, err := m.icon()
	if err != nil {
		return nil, err
	}
	info := m.GetInfo
	s := map[string]any{
		"legalHeader": legalHeader, "description": m.Product, "authenticatorVersion": max(1, info.FirmwareVersion),
		"protocolFamily": "u2f", "schema": 3, "upv": []any{version{1, 2}},
		"authenticationAlgorithms": []string{"secp256r1_ecdsa_sha256_raw"}, "publicKeyAlgAndEncodings": []string{"ecc_x962_raw"},
		"attestationTypes": []string{m.attestationType()}, "attestationRootCertificates": [][]byte{theRoot().cert.Raw}, "icon": icon,
		"userVerificationDetails": m.verifications(), "keyProtection": []string{"software"}, "matcherProtection": []string{"software"},
		"cryptoStrength": 128, "attachmentHint": []string{"external", "wired"}, "tcDisplay": []string{},
	}
	if !m.speaksCTAP2() {
		return s, nil
	}
	s["protocolFamily"], s["publicKeyAlgAndEncodings"], s["upv"] = "fido2", []string{"cose"}, m.upv()
	s["authenticatorGetInfo"] = map[string]any{
		"versions": info.Versions, "extensions": info.Extensions, "aaguid": hex.EncodeToString(info.AAGUID[:]), "options": info.Options,
		"maxMsgSize": m.maxMessage(), "pinUvAuthProtocols": m.protocols(),
	}
	return s, nil
}

const legalHeader = "Metadata of software keys that anybody can forge: for tests and demonstrations only."

// version is a protocol's (FIDO Metadata Statements v3.0 §3.1).
type version struct {
	Major int `json:"major"`
	Minor int `json:"minor"`
}

func (m Model) upv() []version {
	all := []version{}
	for _, known := range []struct {
		name string
		version
	}{{ctap.VersionFIDO20, version{1, 0}}, {ctap.VersionFIDO21, version{1, 1}}, {ctap.VersionFIDO22, version{1, 2}}} {
		if m.GetInfo.Supports(known.name) {
			all = append(all, known.version)
		}
	}
	return all
}

// attestationType is how its credentials are attested, in the words of the registry of predefined values §3.6.3.
func (m Model) attestationType() string {
	switch m.Attestation.Format {
	case formatSelf:
		return "basic_surrogate"
	case formatNone:
		return "none"
	}
	return "basic_full"
}

// verifications are the ways in which its user can be verified: each is a list of what is needed at once.
func (m Model) verifications() [][]map[string]any {
	way := func(method string) []map[string]any { return []map[string]any{{"userVerificationMethod": method}} }
	all := [][]map[string]any{way("presence_internal")}
	if m.GetInfo.SupportsPIN() {
		pin := way("passcode_external")
		pin[0]["caDesc"] = map[string]int{"base": 64, "minLength": m.GetInfo.MinPIN(), "maxRetries": ctap.PINRetries, "blockSlowdown": 0}
		all = append(all, pin)
	}
	return all
}

// icon draws a key in a color of the model's own, as a data URL.
func (m Model) icon() (string, error) {
	const size = 32
	hue := sha256.Sum256([]byte(m.Name))
	body := color.RGBA{hue[0]/2 + 40, hue[1]/2 + 40, hue[2]/2 + 40, 255}
	img := image.NewRGBA(image.Rect(0, 0, size, size))
	for x := range size {
		for y := range size {
			plug, button := x >= 20 && y >= 12 && y < 20, (x-9)*(x-9)+(y-16)*(y-16) < 16
			switch {
			case button:
				img.Set(x, y, color.RGBA{230, 200, 90, 255})
			case x < 20 && y >= 8 && y < 24:
				img.Set(x, y, body)
			case plug:
				img.Set(x, y, color.RGBA{170, 170, 175, 255})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return "", fmt.Errorf("draw icon: %w", err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// signJWS signs a payload with ES256 in compact form (RFC 7515 §3.1, RFC 7518 §3.4).
func signJWS(key repeatable, header, payload any) ([]byte, error) {
	var signed []byte
	for _, part := range []any{header, payload} {
		b, err := json.Marshal(part)
		if err != nil {
			return nil, fmt.Errorf("write metadata: %w", err)
		}
		signed = append(base64.RawURLEncoding.AppendEncode(signed, b), '.')
	}
	signed = signed[:len(signed)-1]
	digest := sha256.Sum256(signed)
	der, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sign metadata: %w", err)
	}
	sig, err := fixedSize(der)
	if err != nil {
		return nil, err
	}
	return base64.RawURLEncoding.AppendEncode(append(signed, '.'), sig), nil
}

// fixedSize writes an ECDSA signature as two numbers of 32 bytes, which JWS wants in place of ASN.1.
func fixedSize(der []byte) ([]byte, error) {
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		return nil, fmt.Errorf("sign metadata: %w", err)
	}
	return append(sig.R.FillBytes(make([]byte, scalarSize)), sig.S.FillBytes(make([]byte, scalarSize))...), nil
}
