package attest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"keystation/station/attest"
)

func TestParseInput(t *testing.T) {
	object, data := []byte{0xa1, 0xff}, []byte(`{"type":"webauthn.create"}`)
	sum := sha256.Sum256(data)
	b64, hexSum, dataB64 := base64.URLEncoding.EncodeToString(object), hex.EncodeToString(sum[:]), base64.RawURLEncoding.EncodeToString(data)
	for name, tt := range map[string]struct {
		in   string
		hash []byte
		want string // "": no error
	}{
		"CBOR":            {string(object), nil, ""},
		"CBOR in spaces":  {"\n" + string(object), nil, ""},
		"object alone":    {fmt.Sprintf(`{"attestation_object_b64url":%q}`, b64), nil, ""},
		"hash":            {fmt.Sprintf(` {"attestation_object_b64url":%q,"client_data_hash_hex":%q,"x":1}`, b64, hexSum), sum[:], ""},
		"client data":     {fmt.Sprintf(`{"attestation_object_b64url":%q,"client_data_json_b64url":%q}`, b64, dataB64), sum[:], ""},
		"both":            {fmt.Sprintf(`{"attestation_object_b64url":%q,"client_data_json_b64url":%q,"client_data_hash_hex":%q}`, b64, dataB64, hexSum), sum[:], ""},
		"both, differing": {fmt.Sprintf(`{"attestation_object_b64url":%q,"client_data_json_b64url":"AAAA","client_data_hash_hex":%q}`, b64, hexSum), nil, "is not the hash"},
		"empty":           {" \n", nil, "no bytes"},
		"broken JSON":     {`{"attestation_object_b64url":`, nil, "read attestation"},
		"other JSON":      {`{}`, nil, "is missing"},
		"not base64":      {`{"attestation_object_b64url":"!"}`, nil, "not base64url"},
		"short hash":      {fmt.Sprintf(`{"attestation_object_b64url":%q,"client_data_hash_hex":"00"}`, b64), nil, "64 hexadecimal"},
		"data not base64": {fmt.Sprintf(`{"attestation_object_b64url":%q,"client_data_json_b64url":"!"}`, b64), nil, "client_data_json_b64url"},
	} {
		e, err := attest.ParseInput([]byte(tt.in))
		if tt.want != "" {
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: error %v, want %q", name, err, tt.want)
			}
			continue
		}
		if err != nil || !bytes.Contains(e.Object, object) || !bytes.Equal(e.ClientDataHash, tt.hash) {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
}

func FuzzJudge(f *testing.F) {
	files, err := filepath.Glob("testdata/attestation/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("there are no vectors in testdata")
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		e, err := attest.ParseInput(b)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(e.Object, e.ClientDataHash, int64(1_790_000_000))
	}
	roots := yubicoRoots(f)
	f.Fuzz(func(t *testing.T, object, hash []byte, at int64) {
		j := attest.Judge(attest.Evidence{Object: object, ClientDataHash: hash}, attest.Trust{Roots: roots}, time.Unix(at, 0))
		if len(j.Reasons) == 0 {
			t.Error("a verdict without a reason")
		}
		proven := j.Root != "" && j.Type == attest.TypeBasicFull && len(hash) == 32
		switch j.Verdict {
		case attest.Genuine:
			if !proven {
				t.Errorf("genuine without proof: %+v", j)
			}
		case attest.Unknown, attest.Refused:
		default:
			t.Errorf("verdict %q", j.Verdict)
		}
	})
}

func FuzzParseInput(f *testing.F) {
	f.Add([]byte(`{"attestation_object_b64url":"oA","client_data_hash_hex":""}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if e, err := attest.ParseInput(in); err == nil && len(e.Object) == 0 {
			t.Errorf("%q was read as evidence without an object", in)
		}
	})
}

func FuzzParseRoots(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"))
	f.Fuzz(func(t *testing.T, pem []byte) {
		r, err := attest.ParseRoots(pem)
		if err != nil && !reflect.DeepEqual(r, attest.Roots{}) {
			t.Error("a failed parse gave something")
		}
	})
}
