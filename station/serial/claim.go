package serial

import "io"

// Claim is the serial number that a key is taken to have. It is not signed.
type Claim struct {
	Reading
	USB bool // Number is the iSerialNumber
}

// Find asks a key for its serial number, and takes its iSerialNumber when that gives none and [Usable] says so. exchange
// opens the key, lets do talk to it and closes it; it is called only for a key that [Asks] names a maker for. An error
// says why the key's maker's command gave nothing; the claim has the iSerialNumber then, if any.
func Find(d Device, iSerial string, exchange func(do func(node io.ReadWriter) error) error) (Claim, error) {
	var c Claim
	var err error
	if Asks(d) != "" {
		err = exchange(func(node io.ReadWriter) error {
			said, err := Read(node, d)
			c.Reading = said
			return err
		})
	}
	if c.Number == "" && Usable(iSerial) {
		c.Number, c.USB = iSerial, true
	}
	return c, err
}
