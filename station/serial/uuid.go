package serial

import (
	"fmt"

	"keystation/station/ctaphid"
)

// getUUID is UUID of the admin application of Trussed firmware. 0xD1 of the same keys starts an update, 0xD3 reboots.
const getUUID ctaphid.Command = 0xE2

const uuidSize = 16

// readUUID asks for the UUID by which the maker numbers its keys. It is written as the iSerialNumber of the same keys has
// it. Firmware 1.0.0 of the Nitrokey 3 answers with nothing.
func readUUID(c *ctaphid.Conn) (Reading, error) {
	b, err := ask(c, getUUID)
	if err != nil {
		return Reading{}, err
	}
	return parseUUID(b)
}

func parseUUID(b []byte) (Reading, error) {
	if len(b) == 0 {
		return Reading{}, nil
	}
	if len(b) != uuidSize {
		return Reading{}, garbled("a UUID has %d bytes", len(b))
	}
	number := fmt.Sprintf("%X", b)
	if monotonous(number) { // it was never given one
		return Reading{}, nil
	}
	return Reading{Number: number}, nil
}
