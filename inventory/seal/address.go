package seal

import (
	"bytes"
	"encoding/json"
	"fmt"

	"keystation/inventory"
)

// sealedAddress is the plaintext of a sealed address or of the lines that were printed from it.
type sealedAddress struct {
	Form    string             `json:"form"`
	Of      string             `json:"of"` // id of what it belongs to
	Address *inventory.Address `json:"address,omitempty"`
	Lines   []string           `json:"lines,omitempty"`
}

const addressForm = "keystation address 1"

// SealAddress closes the address of a requisition, or of whatever else of names.
func (s Sealer) SealAddress(of string, a inventory.Address) ([]byte, error) {
	return s.closeAddress(sealedAddress{Of: of, Address: &a})
}

// OpenAddress gives the address that was sealed for of.
func (o Opener) OpenAddress(of string, blob []byte) (inventory.Address, error) {
	v, err := o.readAddress(of, blob)
	if err != nil {
		return inventory.Address{}, err
	}
	if v.Address == nil {
		return inventory.Address{}, fmt.Errorf("open address: %w", ErrForm)
	}
	return *v.Address, nil
}

// SealLines closes the lines that were printed on the parcel that of names.
func (s Sealer) SealLines(of string, lines []string) ([]byte, error) {
	return s.closeAddress(sealedAddress{Of: of, Lines: lines})
}

// OpenLines gives the lines that were sealed for the parcel that of names.
func (o Opener) OpenLines(of string, blob []byte) ([]string, error) {
	v, err := o.readAddress(of, blob)
	return v.Lines, err
}

func (s Sealer) closeAddress(v sealedAddress) ([]byte, error) {
	if v.Of == "" {
		return nil, fmt.Errorf("seal address of nobody: %w", ErrForm)
	}
	v.Form = addressForm
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("seal address: %w", err)
	}
	defer clear(plain)
	return s.close(plain)
}

func (o Opener) readAddress(of string, blob []byte) (sealedAddress, error) {
	plain, err := o.open(blob)
	if err != nil {
		return sealedAddress{}, err
	}
	defer clear(plain)
	var v sealedAddress
	d := json.NewDecoder(bytes.NewReader(plain))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil || v.Form != addressForm {
		return sealedAddress{}, fmt.Errorf("open address: %w", ErrForm)
	}
	if v.Of != of {
		return sealedAddress{}, fmt.Errorf("open address of %s: %w", of, ErrSwapped)
	}
	return v, nil
}
