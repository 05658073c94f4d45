package ctap_test

import (
	"bytes"
	"reflect"
	"testing"

	"keystation/station/ctap"
)

// Both spellings, in any order, with indefinite lengths; the statement's bytes are kept.
func TestParseAttestationObject(t *testing.T) {
	const (
		fmtText, stmtText, dataText = "63 666d74 64 6e6f6e65", "67 61747453746d74 a0", "68 6175746844617461 42 0102"
	)
	want := ctap.AttestationObject{Format: "none", AuthData: []byte{1, 2}, Statement: []byte{0xA0}}
	for name, s := range map[string]string{
		"canonical":      "a3" + fmtText + stmtText + dataText,
		"another order":  "a3" + dataText + stmtText + fmtText,
		"indefinite":     "bf" + fmtText + stmtText + dataText + "ff",
		"unknown member": "a4" + fmtText + stmtText + dataText + "6165 f5",
		"CTAP":           "a3 01 64 6e6f6e65 02 42 0102 03 a0",
		"CTAP, left out": "a2 01 64 6e6f6e65 02 42 0102",
	} {
		got, err := ctap.ParseAttestationObject(unhex(t, s))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, s := range map[string]string{
		"empty":                 "",
		"no map":                "83 01 02 03",
		"format missing":        "a2" + stmtText + dataText,
		"statement missing":     "a2" + fmtText + dataText,
		"statement an array":    "a3" + fmtText + "67 61747453746d74 80" + dataText,
		"data missing":          "a2" + fmtText + stmtText,
		"data a text":           "a3" + fmtText + stmtText + "68 6175746844617461 62 3132",
		"CTAP, packed":          "a2 01 66 7061636b6564 02 42 0102",
		"half of each spelling": "a3" + fmtText + "02 42 0102 03 a0",
	} {
		got, err := ctap.ParseAttestationObject(unhex(t, s))
		if err == nil || !reflect.DeepEqual(got, ctap.AttestationObject{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// A statement that is not canonical keeps its bytes through Encode.
func TestAttestationObject_Encode(t *testing.T) {
	statement := unhex(t, "bf 63 736967 41 01 63 616c67 26 ff") // indefinite, keys out of order
	o := ctap.AttestationObject{Format: "packed", AuthData: []byte{1}, Statement: statement}
	b, err := o.Encode()
	if err != nil || !bytes.Contains(b, statement) {
		t.Fatalf("%x, %v", b, err)
	}
	if got, err := ctap.ParseAttestationObject(b); err != nil || !reflect.DeepEqual(got, o) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := (ctap.AttestationObject{Format: "none"}).Encode(); err == nil {
		t.Error("an object without a statement was written")
	}
}

func FuzzParseAttestationObject(f *testing.F) {
	f.Add(unhex(f, "a3 01 64 6e6f6e65 02 42 0102 03 a0"))
	f.Add(unhex(f, "bf 63 666d74 64 6e6f6e65 67 61747453746d74 a0 68 6175746844617461 42 0102 ff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := ctap.ParseAttestationObject(b)
		if err != nil {
			if !reflect.DeepEqual(o, ctap.AttestationObject{}) {
				t.Fatal("a failed parse gave something")
			}
			return
		}
		again, err := o.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if p, err := ctap.ParseAttestationObject(again); err != nil || !reflect.DeepEqual(o, p) {
			t.Errorf("%+v became %+v, %v", o, p, err)
		}
	})
}
