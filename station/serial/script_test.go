package serial_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"

	"keystation/station/ctaphid"
	"keystation/station/serial"
)

// device is a key that answers vendor commands by a table and keeps what it was asked. A command without a row is
// ERR_INVALID_CMD; one with no bytes and no error is answered with nothing at all.
type device struct {
	version [3]byte
	to      map[string]answer // by command and data in hexadecimal
	asked   []string
	heard   ctaphid.Assembler
	out     bytes.Buffer
}

type answer struct {
	hex   string
	err   ctaphid.Error
	mute  bool
	early []ctaphid.Message // before it
}

func (d *device) Write(report []byte) (int, error) {
	p, err := ctaphid.ParsePacket(report[1:])
	if err != nil {
		return 0, err
	}
	m, err := d.heard.Add(p)
	if err != nil || m == nil {
		return len(report), err
	}
	if m.Command == ctaphid.Init {
		r := ctaphid.InitResponse{Nonce: [8]byte(m.Data), Channel: 7, Protocol: 2, Version: d.version, Capabilities: ctaphid.CapCBOR}
		return len(report), d.says(ctaphid.Message{Channel: ctaphid.Broadcast, Command: ctaphid.Init, Data: r.Encode()})
	}
	key := strings.ToUpper(hex.EncodeToString(append([]byte{byte(m.Command)}, m.Data...)))
	d.asked = append(d.asked, key)
	a, known := d.to[key]
	for _, early := range a.early {
		if err := d.says(early); err != nil {
			return 0, err
		}
	}
	switch {
	case !known:
		return len(report), d.says(ctaphid.Message{Channel: 7, Command: ctaphid.ErrorMsg, Data: []byte{byte(ctaphid.ErrInvalidCommand)}})
	case a.err != 0:
		return len(report), d.says(ctaphid.Message{Channel: 7, Command: ctaphid.ErrorMsg, Data: []byte{byte(a.err)}})
	case a.mute:
		return len(report), nil
	}
	data, err := hex.DecodeString(strings.ReplaceAll(a.hex, " ", ""))
	if err != nil {
		return 0, err
	}
	return len(report), d.says(ctaphid.Message{Channel: 7, Command: m.Command, Data: data})
}

func (d *device) says(m ctaphid.Message) error {
	reports, err := ctaphid.Packets(m)
	for _, r := range reports {
		d.out.Write(r[:])
	}
	return err
}

// Read fails as a node does whose time is over when there is nothing to say.
func (d *device) Read(report []byte) (int, error) {
	if d.out.Len() == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	return d.out.Read(report)
}

var (
	yubico   = serial.Device{Vendor: 0x1050, Product: 0x0407}
	nitrokey = serial.Device{Vendor: 0x20A0, Product: 0x42B2}
	token2   = serial.Device{Vendor: 0x349E, Product: 0x0022}
)

// A key gets the command of its own maker and no other, and one that has none is not even greeted.
func TestRead_gate(t *testing.T) {
	for _, tt := range []struct {
		name string
		is   serial.Device
		asks string
		sent string
	}{
		{"a YubiKey", yubico, "Yubico", "C200"},
		{"a YubiKey with all interfaces off but FIDO", serial.Device{Vendor: 0x1050, Product: 0x0402}, "Yubico", "C200"},
		{"a Nitrokey 3", nitrokey, "Nitrokey", "E2"},
		{"a Nitrokey Passkey", serial.Device{Vendor: 0x20A0, Product: 0x42F3}, "Nitrokey", "E2"},
		{"a Solo 2", serial.Device{Vendor: 0x1209, Product: 0xBEEE}, "SoloKeys", "E2"},
		{"a key of Token2", token2, "Token2", "C1"},
		{"a Nitrokey FIDO2", serial.Device{Vendor: 0x20A0, Product: 0x42B1}, "", ""},
		{"a Nitrokey's bootloader", serial.Device{Vendor: 0x20A0, Product: 0x42DD}, "", ""},
		{"a Solo 2's bootloader", serial.Device{Vendor: 0x1209, Product: 0xB000}, "", ""},
		{"a Solo 1", serial.Device{Vendor: 0x0483, Product: 0xA2CA}, "", ""},
		{"an old key of Token2", serial.Device{Vendor: 0x1EA8, Product: 0xFC25}, "", ""},
		{"a CanoKey", serial.Device{Vendor: 0x20A0, Product: 0x42D4}, "", ""},
		{"a pico-fido under ids of its own", serial.Device{Vendor: 0xFEFF, Product: 0xFCFD}, "", ""},
		{"a key of Feitian", serial.Device{Vendor: 0x096E, Product: 0x0858}, "", ""},
		{"a pseudo-terminal", serial.Device{}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &device{}
			_, err := serial.Read(d, tt.is)
			if got := strings.Join(d.asked, " "); got != tt.sent || serial.Asks(tt.is) != tt.asks {
				t.Errorf("it was sent %q as a key of %q", got, serial.Asks(tt.is))
			}
			want := serial.ErrUnsupported
			if tt.asks == "" {
				want = serial.ErrNoMaker
			}
			if !errors.Is(err, want) {
				t.Errorf("have %v, want %v", err, want)
			}
		})
	}
}

// A failed answer gives nothing, and says what the key did.
func TestRead_faults(t *testing.T) {
	whole := "0C 0102023F 020400010203"
	for _, tt := range []struct {
		name string
		is   serial.Device
		to   map[string]answer
		why  string
	}{
		{"silence", yubico, map[string]answer{"C200": {mute: true}}, "did not answer its maker's command for the serial number in time"},
		{"unknown command", yubico, nil, "does not know its maker's command for the serial number"},
		{"unknown page", yubico, map[string]answer{"C200": {err: ctaphid.ErrInvalidParameter}}, "does not know its maker's command for the serial number"},
		{"busy", yubico, map[string]answer{"C200": {err: ctaphid.ErrChannelBusy}}, "refused its maker's command for the serial number (ERR_CHANNEL_BUSY)"},
		{"empty", yubico, map[string]answer{"C200": {}}, garbage},
		{"length too long", yubico, map[string]answer{"C200": {hex: "0D 0102023F 020400010203"}}, garbage},
		{"length too short", yubico, map[string]answer{"C200": {hex: "03 0102023F 020400010203"}}, garbage},
		{"cut off", yubico, map[string]answer{"C200": {hex: "09 0102023F 0204000102"}}, garbage},
		{"tag without a length", yubico, map[string]answer{"C200": {hex: "0B 0102023F 02040001020304"}}, garbage},
		{"serial of three bytes", yubico, map[string]answer{"C200": {hex: "05 0203010203"}}, garbage},
		{"serial of five bytes", yubico, map[string]answer{"C200": {hex: "07 02050001020304"}}, garbage},
		{"two serials", yubico, map[string]answer{"C200": {hex: "0C 020400010203 020400010204"}}, garbage},
		{"another serial on the next page", yubico, map[string]answer{"C200": {hex: "09 020400010203 100101"}, "C201": {hex: "06 020400010204"}}, garbage},
		{"second page garbled", yubico, map[string]answer{"C200": {hex: "09 020400010203 100101"}, "C201": {hex: "01 02"}}, garbage},
		{"second page missing", yubico, map[string]answer{"C200": {hex: "09 020400010203 100101"}, "C201": {mute: true}}, "did not answer its maker's command for the serial number in time"},
		{"pages for ever", yubico, map[string]answer{"C200": {hex: "03 100101"}, "C201": {hex: "03 100101"}, "C202": {hex: "03 100101"}, "C203": {hex: "03 100101"},
			"C204": {hex: "03 100101"}, "C205": {hex: "03 100101"}, "C206": {hex: "03 100101"}, "C207": {hex: "03 100101"}}, garbage},
		{"firmware of four bytes", yubico, map[string]answer{"C200": {hex: "0C 020400010203 050405070100"}}, garbage},
		{"firmware of two bytes", yubico, map[string]answer{"C200": {hex: "0A 020400010203 05020507"}}, garbage},
		{"qualifier cut off", yubico, map[string]answer{"C200": {hex: "0B 020400010203 1903010305"}}, garbage},
		{"qualifier without a version", yubico, map[string]answer{"C200": {hex: "0B 020400010203 1903020101"}}, garbage},
		{"a message in the middle", yubico, map[string]answer{"C200": {hex: whole, early: []ctaphid.Message{{Channel: 7, Command: ctaphid.ErrorMsg, Data: []byte{byte(ctaphid.ErrInvalidSeq)}}}}},
			"refused its maker's command for the serial number (ERR_INVALID_SEQ)"},

		{"UUID of fifteen bytes", nitrokey, map[string]answer{"E2": {hex: "000102030405060708090A0B0C0D0E"}}, garbage},
		{"UUID of seventeen bytes", nitrokey, map[string]answer{"E2": {hex: "000102030405060708090A0B0C0D0E0F10"}}, garbage},
		{"no ATR", token2, map[string]answer{"C1": {hex: "3F"}}, garbage},
		{"nothing for an ATR", token2, map[string]answer{"C1": {}}, garbage},
		{"more than an ATR", token2, map[string]answer{"C1": {hex: "3B" + strings.Repeat("00", 33)}}, garbage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := serial.Read(&device{to: tt.to}, tt.is)
			if err == nil || r != (serial.Reading{}) {
				t.Errorf("it gave %+v, %v", r, err)
			}
			if got := serial.Why(err); got != tt.why {
				t.Errorf("the key %s (%v)", got, err)
			}
		})
	}
}

const garbage = "answered its maker's command for the serial number with something else"

// A key that cannot be greeted could not be asked.
func TestRead_noChannel(t *testing.T) {
	_, err := serial.Read(broken{}, yubico)
	if got := serial.Why(err); got != "could not be asked for its serial number" {
		t.Errorf("the key %s (%v)", got, err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error)  { return 0, errors.New("gone") }
func (broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestRead_uuid(t *testing.T) {
	for name, tt := range map[string]struct{ hex, want string }{
		"a UUID":                {"00112233445546778899AABBCCDDEEFF", "00112233445546778899AABBCCDDEEFF"},
		"firmware 1.0.0":        {"", ""},
		"never given one":       {strings.Repeat("00", 16), ""},
		"erased where it stood": {strings.Repeat("FF", 16), ""},
	} {
		d := &device{to: map[string]answer{"E2": {hex: tt.hex, early: []ctaphid.Message{{Channel: 7, Command: ctaphid.Keepalive, Data: []byte{1}}, {Channel: 9, Command: 0xE2, Data: []byte("another's")}}}}}
		r, err := serial.Read(d, nitrokey)
		if err != nil || r != (serial.Reading{Number: tt.want}) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

// The end of the serial number is what the key says, and it is called that.
func TestRead_token2(t *testing.T) {
	const head, mark = "3BDF1800900000", "868E 0022 000000"
	for name, tt := range map[string]struct {
		hex  string
		want serial.Reading
	}{
		"a number":              {head + mark + hexOf("35780528"), serial.Reading{Number: "35780528", Suffix: true}},
		"with a check byte":     {head + mark + hexOf("00780528") + "5A", serial.Reading{Number: "00780528", Suffix: true}},
		"an ATR of a PIV card":  {"3BFD1300008131FE158073C021C057597562694B657940", serial.Reading{}},
		"too short for one":     {head + mark + hexOf("3578052"), serial.Reading{}},
		"no digits":             {head + mark + hexOf("3578052A"), serial.Reading{}},
		"never given a number":  {head + mark + hexOf("00000000"), serial.Reading{}},
		"only the first octets": {"3B00", serial.Reading{}},
	} {
		r, err := serial.Read(&device{to: map[string]answer{"C1": {hex: tt.hex}}}, token2)
		if err != nil || r != tt.want {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

func hexOf(s string) string { return hex.EncodeToString([]byte(s)) }
