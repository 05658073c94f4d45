package serial

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"

	"keystation/station/ctaphid"
)

// Device is what USB says of a key.
type Device struct {
	Vendor, Product uint16 // idVendor and idProduct; zero: unknown
}

// Reading is what a key said when its maker's command was sent.
type Reading struct {
	Number string      // as it stands on the key; empty: it says that it has none
	Suffix bool        // Number is only the end of the serial number
	Info   *DeviceInfo // nil: the maker's answer has no more than a number
}

// maker is a row of the table: whose keys understand which command.
type maker struct {
	vendor  uint16
	product uint16 // 0: all of this vendor
	name    string
	read    func(*ctaphid.Conn) (Reading, error)
}

// makers is the one table of whom a vendor command is sent to. A row needs a source that says what the command does there.
var makers = []maker{
	// READ_CONFIG on every product with a FIDO interface: yubikit/management.py of yubikey-manager; the product tells
	// which interfaces are on. Keys older than 4.1 are told apart by the version in their answer to INIT.
	{0x1050, 0, "Yubico", readYubico},
	// UUID: nitrokey-sdk-py src/nitrokey/trussed/admin_app.py, doc of the Nitrokey 3 firmware. Ids: 41-nitrokey.rules
	// (42B2 is all of the Nitrokey 3), nitrokey-sdk-py (42F3 is the Nitrokey Passkey). Bootloaders have other ids.
	{0x20A0, 0x42B2, "Nitrokey", readUUID},
	{0x20A0, 0x42F3, "Nitrokey", readUUID},
	// The same firmware: README of solo2-cli has the ids, webauthn-rs the command. 1209 is shared by many makers
	// (pid.codes), so the product decides.
	{0x1209, 0xBEEE, "SoloKeys", readUUID},
	// ATR: go-ctap/token2. Keys under Token2's older id, 1EA8, answer to nothing.
	{0x349E, 0, "Token2", readATR},
}

func makerOf(d Device) (maker, bool) {
	for _, m := range makers {
		if m.vendor == d.Vendor && (m.product == 0 || m.product == d.Product) {
			return m, true
		}
	}
	return maker{}, false
}

// Asks names the maker whose command [Read] would send to this device; empty: nothing is sent.
func Asks(d Device) string {
	m, _ := makerOf(d)
	return m.name
}

// The reasons why a key that may be asked gives no serial number.
var (
	ErrNoMaker     = errors.New("no command is known for this maker")
	ErrUnsupported = errors.New("the key does not know the command")
	ErrGarbled     = errors.New("the answer cannot be read")
)

// Read asks the key behind node for its serial number: a channel, the maker's command, nothing else. The node gives one
// report with each Read and takes one with each Write, as [ctaphid.Dial] wants it, and is nobody else's meanwhile. A key
// of another maker is not even greeted.
func Read(node io.ReadWriter, d Device) (Reading, error) {
	m, known := makerOf(d)
	if !known {
		return Reading{}, ErrNoMaker
	}
	var nonce [ctaphid.NonceSize]byte
	_, _ = rand.Read(nonce[:]) // it never fails
	c, err := ctaphid.Dial(node, nonce)
	if err != nil {
		return Reading{}, fmt.Errorf("read serial of a key of %s: %w", m.name, err)
	}
	r, err := m.read(c)
	if err != nil {
		return Reading{}, fmt.Errorf("read serial of a key of %s: %w", m.name, err)
	}
	return r, nil
}

// ask sends a vendor command. Keys refuse one that they do not know in more than one way (CTAP 2.1 §11.2.9.1.6).
func ask(c *ctaphid.Conn, cmd ctaphid.Command, data ...byte) ([]byte, error) {
	b, err := c.Transact(cmd, data)
	for _, no := range []ctaphid.Error{ctaphid.ErrInvalidCommand, ctaphid.ErrInvalidParameter, ctaphid.ErrInvalidLength, ctaphid.ErrOther} {
		if errors.Is(err, no) {
			return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
		}
	}
	return b, err
}

// garbled is an answer that is not what the maker's command gives.
func garbled(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrGarbled, fmt.Sprintf(format, args...))
}

// Why says of an error of [Read] what the key did, to follow "the key": for a person, without numbers.
func Why(err error) string {
	said, refused := errors.AsType[ctaphid.Error](err)
	switch {
	case errors.Is(err, ErrUnsupported):
		return "does not know its maker's command for the serial number"
	case errors.Is(err, ErrGarbled):
		return "answered its maker's command for the serial number with something else"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "did not answer its maker's command for the serial number in time"
	case refused:
		return "refused its maker's command for the serial number (" + said.Name() + ")"
	}
	return "could not be asked for its serial number"
}
