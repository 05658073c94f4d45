package ctap_test

import (
	"bytes"
	"errors"
	"testing"

	"keystation/station/ctap"
)

// U2F Raw Message Formats v1.2 §3.1: the length encodings, and what is none.
func TestParseU2FRequest(t *testing.T) {
	long := bytes.Repeat([]byte{7}, 300)
	tests := []struct {
		name string
		have []byte
		data []byte
		want error
	}{
		{"no data, no lengths", []byte{0, 3, 0, 0}, nil, nil},
		{"no data, short answer", []byte{0, 3, 0, 0, 0}, nil, nil},
		{"no data, extended answer", []byte{0, 3, 0, 0, 0, 0, 0}, nil, nil},
		{"no data, both lengths", []byte{0, 3, 0, 0, 0, 0, 0, 0, 0}, nil, nil},
		{"short data", []byte{0, 1, 0, 0, 2, 8, 9}, []byte{8, 9}, nil},
		{"short data and answer", []byte{0, 1, 0, 0, 2, 8, 9, 0}, []byte{8, 9}, nil},
		{"extended data", append([]byte{0, 1, 0, 0, 0, 1, 44}, long...), long, nil},
		{"extended data and answer", append(append([]byte{0, 1, 0, 0, 0, 1, 44}, long...), 0, 0), long, nil},
		{"encoded here", ctap.U2FRequest{Instruction: 1, Data: long}.Encode(), long, nil},
		{"half a header", []byte{0, 1, 0}, nil, ctap.U2FWrongLength},
		{"another class", []byte{0x80, 1, 0, 0}, nil, ctap.U2FClassNotSupported},
		{"data missing", []byte{0, 1, 0, 0, 3, 8, 9}, nil, ctap.U2FWrongLength},
		{"too much", []byte{0, 1, 0, 0, 1, 8, 9, 9}, nil, ctap.U2FWrongLength},
		{"extended data missing", append([]byte{0, 1, 0, 0, 0, 2, 44}, long...), nil, ctap.U2FWrongLength},
		{"half an extended length", []byte{0, 1, 0, 0, 0, 1}, nil, ctap.U2FWrongLength},
	}
	for _, tt := range tests {
		r, err := ctap.ParseU2FRequest(tt.have)
		if !errors.Is(err, tt.want) || !bytes.Equal(r.Data, tt.data) {
			t.Errorf("%s: %x, %v", tt.name, r.Data, err)
		}
	}
}

func TestU2FStatus(t *testing.T) {
	if s := ctap.U2FWrongData.Error(); s != "SW_WRONG_DATA (0x6A80)" {
		t.Error(s)
	}
	if s := ctap.U2FStatus(0x1234).Error(); s != "a status word that U2F does not define (0x1234)" {
		t.Error(s)
	}
	if b := ctap.U2FNoError.Append([]byte{1}); !bytes.Equal(b, []byte{1, 0x90, 0}) {
		t.Errorf("%x", b)
	}
}
