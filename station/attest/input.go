package attest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// ParseInput reads evidence as people keep it in files: a JSON object, or else
// the bytes of an attestation object, which come without a client data hash.
// The members of the JSON object are attestation_object_b64url, and
// client_data_hash_hex or client_data_json_b64url, whose hash is then taken;
// other members are passed over. Bytes that are no attestation object are not an
// error here, since Judge has a verdict for them.
func ParseInput(b []byte) (Evidence, error) {
	text := bytes.TrimSpace(b)
	if len(text) == 0 {
		return Evidence{}, errors.New("read attestation: there are no bytes")
	}
	if text[0] != '{' { // in CBOR this byte begins a text, never an object
		return Evidence{Object: b}, nil
	}
	var in struct {
		Object string `json:"attestation_object_b64url"`
		Hash   string `json:"client_data_hash_hex"`
		Data   string `json:"client_data_json_b64url"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return Evidence{}, fmt.Errorf("read attestation: %w", err)
	}
	object, err := base64URL(in.Object)
	if err != nil || len(object) == 0 {
		return Evidence{}, errors.New("read attestation: attestation_object_b64url is missing or not base64url")
	}
	hash, err := clientDataHash(in.Hash, in.Data)
	if err != nil {
		return Evidence{}, fmt.Errorf("read attestation: %w", err)
	}
	return Evidence{Object: object, ClientDataHash: hash}, nil
}

// clientDataHash is nil when neither the hash nor the client data are there.
func clientDataHash(hash, data string) ([]byte, error) {
	given, err := hex.DecodeString(hash)
	if err != nil || len(given) != 0 && len(given) != sha256.Size {
		return nil, errors.New("client_data_hash_hex is not 64 hexadecimal digits")
	}
	raw, err := base64URL(data)
	if err != nil {
		return nil, errors.New("client_data_json_b64url is not base64url")
	}
	if len(raw) == 0 {
		return given, nil
	}
	sum := sha256.Sum256(raw)
	if len(given) != 0 && !bytes.Equal(given, sum[:]) {
		return nil, errors.New("client_data_hash_hex is not the hash of client_data_json_b64url")
	}
	return sum[:], nil
}

// base64URL reads base64url with or without its padding.
func base64URL(s string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
}
