package shipping

import "keystation/inventory"

// KeyLabel is what is put on the key itself. It names the key by its asset tag only: a key that was lost must not say
// whose it is, and its serial number is on its back already.
type KeyLabel struct {
	Tag  Code
	Test bool   // it says TEST KEY
	Hint string // what to do with it
}

// NewKeyLabel makes the label of the key with this tag, whether it was made for somebody or for stock.
func NewKeyLabel(tag inventory.AssetTag, test bool) (KeyLabel, error) {
	c, err := Code128(string(tag))
	return KeyLabel{Tag: c, Test: test, Hint: "Cut out and put it on the key before it leaves the bench."}, err
}
