package serial

import (
	"strconv"

	"keystation/station/ctaphid"
)

// readConfig is READ_CONFIG. Its neighbor 0xC3 writes.
const readConfig ctaphid.Command = 0xC2

// mostPages is more than any key has: 5.7 has two at most.
const mostPages = 8

// readYubico asks for the pages of the configuration, of which each says if another follows. Keys before 4.1 do not know
// the command; their version is in the answer to INIT, where a pre-release key says 0.0.1.
func readYubico(c *ctaphid.Conn) (Reading, error) {
	if v := c.Version(); v[0] > 0 && (v[0] < 4 || v[0] == 4 && v[1] < 1) {
		return Reading{}, ErrUnsupported
	}
	var all tags
	for page := byte(0); ; page++ {
		if page == mostPages {
			return Reading{}, garbled("more than %d pages", mostPages)
		}
		b, err := ask(c, readConfig, page)
		if err != nil {
			return Reading{}, err
		}
		more, err := all.addPage(b)
		if err != nil {
			return Reading{}, err
		}
		if !more {
			break
		}
	}
	info, err := all.deviceInfo()
	if err != nil {
		return Reading{}, err
	}
	r := Reading{Info: &info}
	if info.Serial != 0 {
		r.Number = strconv.FormatUint(uint64(info.Serial), 10)
	}
	return r, nil
}
