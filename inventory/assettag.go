package inventory

import (
	"fmt"
	"io"
	"strings"
)

// AssetTag is the short code printed on a key's label: seven random characters and a check character, shown in two
// groups ("7KQM-3XWM"). The alphabet has 31 characters, a prime, without 0, 1, I, O and Z: with weights that are
// powers of a primitive root every single wrong character and every swap of two characters is found.
type AssetTag string

const (
	tagAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXY"
	tagLength   = 8
	tagRoot     = 3 // a primitive root modulo 31
)

// NewAssetTag draws a tag from r.
func NewAssetTag(r io.Reader) (AssetTag, error) {
	var body strings.Builder
	for body.Len() < tagLength-1 {
		var b [1]byte
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return "", fmt.Errorf("draw asset tag: %w", err)
		}
		if n := int(b[0]); n < 256/len(tagAlphabet)*len(tagAlphabet) { // no modulo bias
			body.WriteByte(tagAlphabet[n%len(tagAlphabet)])
		}
	}
	return grouped(body.String() + string(tagCheck(body.String()))), nil
}

// ParseAssetTag reads a tag as typed or scanned: case, spaces and dashes do not matter.
func ParseAssetTag(s string) (AssetTag, error) {
	bare := strings.NewReplacer("-", "", " ", "").Replace(strings.ToUpper(strings.TrimSpace(s)))
	if len(bare) != tagLength || strings.Trim(bare, tagAlphabet) != "" {
		return "", Refuse(Invalid, "%q is no asset tag: scan the label or type its eight characters, such as 7KQM-3XWM.", s)
	}
	if tagCheck(bare[:tagLength-1]) != bare[tagLength-1] {
		return "", Refuse(Invalid, "%q has a wrong check character: scan or type the tag again.", s)
	}
	return grouped(bare), nil
}

// ScannedTag gives what a scanner or a person gave, without the address that the codes on slips have around the tag
// (https://keys.example.com/a/7KQM-3XWM).
func ScannedTag(text string) string {
	text = strings.TrimSpace(text)
	if _, after, ok := strings.Cut(text, "://"); ok {
		if i := strings.LastIndex(after, "/a/"); i >= 0 {
			text, _, _ = strings.Cut(after[i+len("/a/"):], "?")
		}
	}
	return strings.TrimRight(text, "/")
}

func grouped(bare string) AssetTag { return AssetTag(bare[:tagLength/2] + "-" + bare[tagLength/2:]) }

func tagCheck(body string) byte {
	n, sum, weight := len(tagAlphabet), 0, 1
	for i := range len(body) {
		weight = weight * tagRoot % n
		sum += weight * strings.IndexByte(tagAlphabet, body[i])
	}
	return tagAlphabet[(n-sum%n)%n]
}
