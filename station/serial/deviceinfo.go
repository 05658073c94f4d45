package serial

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// DeviceInfo is what a YubiKey says of itself in its configuration, as far as a bench can use it.
type DeviceInfo struct {
	Serial        uint32 // 0: none, as on the consumer's Security Key series
	Form          Form
	SecurityKey   bool // of the Security Key series; with a serial it is the Enterprise Edition
	FIPS          bool // of the FIPS series
	Firmware      [3]byte
	PreRelease    string // "beta.3"; empty: a release
	PartNumber    string // may be empty
	Locked        bool   // a code is needed to change the configuration
	PINComplexity bool
	RestrictedNFC bool // NFC stays off until the key was powered over USB once
	ResetBlocked  bool // FIDO cannot be reset by itself: another application is set up on a Bio key
}

// Form is the shape of a YubiKey.
type Form byte

// The forms there are.
const (
	FormUnknown Form = iota
	FormAKeychain
	FormANano
	FormCKeychain
	FormCNano
	FormCLightning
	FormABio
	FormCBio
)

// Connector is what the key is plugged in with, in the words of requisitions: usb-a, usb-c, or usb-c+lightning. Empty:
// unknown.
func (f Form) Connector() string {
	switch f {
	case FormAKeychain, FormANano, FormABio:
		return "usb-a"
	case FormCKeychain, FormCNano, FormCBio:
		return "usb-c"
	case FormCLightning:
		return "usb-c+lightning"
	}
	return ""
}

// The tags of READ_CONFIG (yubikit/management.py of yubikey-manager).
const (
	tagSerial        = 0x02
	tagForm          = 0x04
	tagFirmware      = 0x05
	tagLocked        = 0x0A
	tagMore          = 0x10
	tagPartNumber    = 0x13
	tagPINComplexity = 0x16
	tagRestrictedNFC = 0x17
	tagResetBlocked  = 0x18
	tagQualifier     = 0x19

	// In tagQualifier.
	tagVersion, tagRelease, tagIteration = 0x01, 0x02, 0x03
)

// Bits of the form factor and of the lists of applications.
const (
	formMask, formSecurityKey, formFIPS = 0x0F, 0x40, 0x80
	applicationFIDO2                    = 0x0200
)

// tags are what the pages read so far say, by tag. The zero value is ready.
type tags map[byte][]byte

// addPage takes the answer for one page: a length, then tags of one byte with a length of one byte each. It tells if
// another page follows. A tag that says two things means that neither is believed.
func (t *tags) addPage(b []byte) (more bool, err error) {
	if len(b) == 0 || int(b[0]) != len(b)-1 {
		return false, garbled("a page of %d bytes does not have the length that it says", len(b))
	}
	page, err := parseTags(b[1:])
	if err != nil {
		return false, err
	}
	if *t == nil {
		*t = tags{}
	}
	for tag, value := range page {
		if was, there := (*t)[tag]; there && tag != tagMore && !slices.Equal(was, value) {
			return false, garbled("tag 0x%02X says two things", tag)
		}
		(*t)[tag] = value
	}
	return len(page[tagMore]) > 0 && page[tagMore][0] != 0, nil
}

func parseTags(b []byte) (tags, error) {
	t := tags{}
	for len(b) > 0 {
		if len(b) < 2 || len(b)-2 < int(b[1]) {
			return nil, garbled("a tag is cut off")
		}
		if _, twice := t[b[0]]; twice {
			return nil, garbled("tag 0x%02X comes twice", b[0])
		}
		t[b[0]] = b[2 : 2+int(b[1])]
		b = b[2+int(b[1]):]
	}
	return t, nil
}

// number reads a big-endian number of at most size bytes; a tag that is not there is 0.
func (t tags) number(tag byte, size int) (uint32, error) {
	b := t[tag]
	if len(b) > size {
		return 0, garbled("tag 0x%02X has %d bytes", tag, len(b))
	}
	var wide [4]byte
	copy(wide[4-len(b):], b)
	return binary.BigEndian.Uint32(wide[:]), nil
}

// deviceInfo reads the tags. One of them that cannot be read means that none is believed.
func (t tags) deviceInfo() (DeviceInfo, error) {
	var numbers = map[byte]uint32{}
	for tag, size := range map[byte]int{tagSerial: 4, tagForm: 1, tagLocked: 1, tagPINComplexity: 1, tagRestrictedNFC: 1, tagResetBlocked: 2} {
		n, err := t.number(tag, size)
		if err != nil {
			return DeviceInfo{}, err
		}
		numbers[tag] = n
	}
	if n := len(t[tagSerial]); n != 0 && n != 4 {
		return DeviceInfo{}, garbled("the serial number has %d bytes", n)
	}
	form := numbers[tagForm]
	i := DeviceInfo{
		Serial: numbers[tagSerial], Form: Form(form & formMask), SecurityKey: form&formSecurityKey != 0, FIPS: form&formFIPS != 0,
		PartNumber: printable(t[tagPartNumber]), Locked: numbers[tagLocked] != 0, PINComplexity: numbers[tagPINComplexity] != 0,
		RestrictedNFC: numbers[tagRestrictedNFC] != 0, ResetBlocked: numbers[tagResetBlocked]&applicationFIDO2 != 0,
	}
	if err := i.version(t); err != nil {
		return DeviceInfo{}, err
	}
	return i, nil
}

// releases name the second tag of a qualifier; the last is a release.
var releases = []string{"alpha", "beta", ""}

// version reads the firmware. A pre-release key says 0.0.1 there, and what it is in a qualifier.
func (i *DeviceInfo) version(t tags) error {
	if v := t[tagFirmware]; v != nil && copy(i.Firmware[:], v) != len(v) || len(v) != 0 && len(v) != 3 {
		return garbled("the firmware has %d bytes", len(v))
	}
	if t[tagQualifier] == nil {
		return nil
	}
	q, err := parseTags(t[tagQualifier])
	if err != nil {
		return err
	}
	kind, err := q.number(tagRelease, 1)
	if err != nil {
		return err
	}
	iteration, err := q.number(tagIteration, 4)
	if err != nil {
		return err
	}
	if len(q[tagVersion]) != 3 || int(kind) >= len(releases) {
		return garbled("the qualifier of the version names none")
	}
	copy(i.Firmware[:], q[tagVersion])
	if name := releases[kind]; name != "" {
		i.PreRelease = fmt.Sprintf("%s.%d", name, iteration)
	}
	return nil
}

// printable gives text of letters, digits and signs, or nothing.
func printable(b []byte) string {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return ""
		}
	}
	return string(b)
}
