package serial

import (
	"bytes"

	"keystation/station/ctaphid"
)

// getATR gives the answer to reset that the same key would give a card reader.
const getATR ctaphid.Command = 0xC1

// The historical bytes of the answer to reset (ISO/IEC 7816-4 §12.1.1) begin after seven others. They are a mark, the
// number of the product and, at their end, the last digits of the serial number.
const (
	historyFrom, historyTo = 7, 22
	suffixSize             = 8
)

var token2Mark = []byte{0x86, 0x8E}

// readATR asks for the end of the serial number: its last eight digits, of usually fourteen. The five digits of the model
// and the check digit before them stand on the label only. Firmware with PIV may give the answer of a PIV card instead,
// which has no number.
func readATR(c *ctaphid.Conn) (Reading, error) {
	b, err := ask(c, getATR)
	if err != nil {
		return Reading{}, err
	}
	return parseATR(b)
}

func parseATR(b []byte) (Reading, error) {
	const ts = 0x3B // direct convention (ISO/IEC 7816-3 §8.1)
	if len(b) < 2 || b[0] != ts || len(b) > 33 {
		return Reading{}, garbled("%d bytes are no answer to reset", len(b))
	}
	if len(b) < historyTo || !bytes.HasPrefix(b[historyFrom:], token2Mark) {
		return Reading{}, nil // of a card without a number
	}
	digits := b[historyTo-suffixSize : historyTo]
	for _, d := range digits {
		if d < '0' || d > '9' {
			return Reading{}, nil
		}
	}
	if monotonous(string(digits)) {
		return Reading{}, nil
	}
	return Reading{Number: string(digits), Suffix: true}, nil
}
