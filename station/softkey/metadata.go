package softkey

import (
	"bytes"
	"crypto"
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
)

// StatusReport is what metadata say of a model from a day on (FIDO Metadata Service v3.0 §3.1.3).
type StatusReport struct {
	Status string // FIDO_CERTIFIED_L1, REVOKED …
	Since  time.Time
	URL    string // empty: none
}

// Metadata gives a BLOB about software keys, as the FIDO Metadata Service publishes one about real ones: for tests and
// the demo. It is signed below [RootPEM]. Every model is certified at level 1 since 2025, unless reports, by the name of
// its profile, say something else or nothing.
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
		if !m.speaksCTAP2() {
			continue
		}
		list, said := reports[m.Name]
		if !said {
			list = []StatusReport{{Status: "FIDO_CERTIFIED_L1", Since: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}}
		}
		entry, err := m.metadata(list)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return signJWS(key, map[string]any{"alg": "ES256", "typ": "JWT", "x5c": [][]byte{leaf}}, map[string]any{
		"legalHeader": "Metadata of software keys that anybody can forge: for tests and demonstrations only.",
		"no":          no, "nextUpdate": nextUpdate.Format(time.DateOnly), "entries": entries,
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

// metadata is a model's entry (FIDO Metadata Service v3.0 §3.1.1, FIDO Metadata Statements v3.0 §4).
func (m Model) metadata(reports []StatusReport) (any, error) {
	icon, err := m.icon()
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, r := range reports {
		report := map[string]any{"status": r.Status, "effectiveDate": r.Since.Format(time.DateOnly)}
		if r.URL != "" {
			report["url"] = r.URL
		}
		list = append(list, report)
	}
	info := m.GetInfo
	types := "basic_full"
	if m.Attestation.Format == formatSelf {
		types = "basic_surrogate"
	}
	return map[string]any{
		"aaguid":        info.AAGUID.String(),
		"statusReports": list,
		"metadataStatement": map[string]any{
			"description": m.Product, "aaguid": info.AAGUID.String(), "authenticatorVersion": max(1, info.FirmwareVersion), "protocolFamily": "fido2", "schema": 3,
			"attestationTypes": []string{types}, "attestationRootCertificates": [][]byte{theRoot().cert.Raw}, "icon": icon,
			"authenticatorGetInfo": map[string]any{"versions": info.Versions, "extensions": info.Extensions, "options": info.Options, "aaguid": hex.EncodeToString(info.AAGUID[:])},
		},
	}, nil
}

// icon draws a key in a color of the model's own, as a data URL.
func (m Model) icon() (string, error) {
	const size = 32
	hue := sha256.Sum256(m.GetInfo.AAGUID[:])
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
