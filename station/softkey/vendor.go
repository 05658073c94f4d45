package softkey

import (
	"encoding/binary"
	"fmt"

	"keystation/station/ctaphid"
)

// VendorCommand is a command of the vendor range of CTAPHID and what the key answers. An answer is hexadecimal, in which
// {number} stands for the serial as four bytes, {serial} for its eight bytes, {uuid} for the sixteen bytes of the UUID and
// {digits} for the last eight digits of a decimal serial in ASCII.
type VendorCommand struct {
	Command byte     `json:"command"`         // 0x40 to 0x7F, without bit 7
	Paged   bool     `json:"paged,omitempty"` // the request is the number of the page; without it, the first page
	Answers []string `json:"answers"`         // one, or one per page
}

// check refuses a command outside the vendor range (CTAP 2.1 §11.2.8) and answers that are not hexadecimal.
func (v VendorCommand) check() error {
	if v.Command < 0x40 || v.Command > 0x7F {
		return fmt.Errorf("command 0x%02X is not in the vendor range of CTAPHID", v.Command)
	}
	if len(v.Answers) == 0 || len(v.Answers) > 1 && !v.Paged {
		return fmt.Errorf("vendor command 0x%02X has %d answers", v.Command, len(v.Answers))
	}
	for _, answer := range v.Answers {
		if _, err := expand(answer, (state{Serial: make([]byte, serialSize)}).placeholders()); err != nil {
			return fmt.Errorf("vendor command 0x%02X: %w", v.Command, err)
		}
	}
	return nil
}

func (s state) placeholders() map[string][]byte {
	id := s.uuid()
	return map[string][]byte{"number": binary.BigEndian.AppendUint32(nil, s.serialNumber()), "serial": s.Serial, "uuid": id[:],
		"digits": []byte(s.digits())}
}

// vendorAnswer answers a vendor command, or gives the error of the transport.
func (a *authenticator) vendorAnswer(cmd ctaphid.Command, data []byte) ([]byte, error) {
	for _, v := range a.model.Vendor {
		if v.Command|0x80 == byte(cmd) {
			return a.page(v, data)
		}
	}
	return nil, ctaphid.ErrInvalidCommand
}

func (a *authenticator) page(v VendorCommand, data []byte) ([]byte, error) {
	page := 0
	switch {
	case len(data) == 0:
	case len(data) == 1 && v.Paged:
		page = int(data[0])
	default:
		return nil, ctaphid.ErrInvalidLength
	}
	if page >= len(v.Answers) {
		return nil, ctaphid.ErrInvalidParameter
	}
	return expand(v.Answers[page], a.state.placeholders())
}
