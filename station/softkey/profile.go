package softkey

import (
	"slices"
	"strings"
	"time"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
)

// profile is a row of the table below: what a key can do and where it departs from the
// standard. A new kind of key is a new row.
type profile struct {
	name   string
	model  string
	aaguid ctap.AAGUID

	cbor           bool // speaks CTAP2 at all
	pin            bool // option clientPin
	permissions    bool // option pinUvAuthToken: tokens with permissions
	config         bool // authenticatorConfig with its three subcommands
	uvNotRequired  bool // option makeCredUvNotRqd: a non-resident credential needs no PIN
	muteWhenForced bool // refuses even silent assertions while forcePINChange is set
	alwaysUV       bool // option alwaysUv is on after a reset
	alwaysUVByPIN  bool // it is turned off only with a PIN

	versions    []string
	extensions  []string
	protocols   []int
	firmware    uint64
	residents   int // how many discoverable credentials fit
	resetWindow time.Duration
}

// resetWindow is CTAP 2.1 §6.6: within 10 s of power-up.
const resetWindow = 10 * time.Second

// firmware 1.0.0, packed as vendors do it.
const firmware = 0x010000

// profiles are all keys there are; the first is the default. The AAGUIDs are random
// constants of our own.
//
// makeCredUvNotRqd is true on the modern key because the standard recommends it
// (CTAP 2.1 §6.1.2 step 7 exists for it) and common hardware has it.
var profiles = []profile{
	{
		name: "modern", model: "keystation software key", aaguid: ctap.AAGUID{0x4e, 0xfb, 0x52, 0xc7, 0x86, 0x71, 0x4f, 0x64, 0xac, 0x18, 0x4b, 0x29, 0xe1, 0x91, 0x96, 0xaf},
		cbor: true, pin: true, permissions: true, config: true, uvNotRequired: true,
		versions: []string{ctap.VersionFIDO20, ctap.VersionFIDO21}, extensions: []string{ctap.ExtCredProtect, ctap.ExtMinPINLength},
		protocols: []int{2, 1}, firmware: firmware, residents: 25, resetWindow: resetWindow,
	},
	{
		name: "fido20", model: "keystation software key, FIDO 2.0", aaguid: ctap.AAGUID{0x8b, 0xea, 0xf2, 0x23, 0x69, 0x55, 0x48, 0x73, 0xb1, 0xad, 0x53, 0xef, 0x95, 0xee, 0xbc, 0x07},
		cbor: true, pin: true,
		versions: []string{ctap.VersionFIDO20}, protocols: []int{1}, residents: 25, resetWindow: resetWindow,
	},
	{
		name: "u2f-only", model: "keystation software key, U2F only",
		versions: []string{ctap.VersionU2F}, resetWindow: resetWindow,
	},
	{
		name: "no-pin", model: "keystation software key without PIN", aaguid: ctap.AAGUID{0xb3, 0x69, 0x32, 0x30, 0x76, 0xe1, 0x44, 0x41, 0xa4, 0x60, 0x9d, 0x9e, 0xb3, 0xf9, 0x06, 0x03},
		cbor:     true,
		versions: []string{ctap.VersionFIDO20, ctap.VersionFIDO21}, extensions: []string{ctap.ExtCredProtect},
		firmware: firmware, residents: 25, resetWindow: resetWindow,
	},
	{
		name: "mute-when-forced", model: "keystation software key, mute when forced", aaguid: ctap.AAGUID{0xfc, 0x78, 0x22, 0x3b, 0x2b, 0xcb, 0x41, 0x87, 0xbe, 0x78, 0x81, 0x7e, 0x2d, 0x49, 0x74, 0xc9},
		cbor: true, pin: true, permissions: true, config: true, uvNotRequired: true, muteWhenForced: true,
		versions: []string{ctap.VersionFIDO20, ctap.VersionFIDO21}, extensions: []string{ctap.ExtCredProtect, ctap.ExtMinPINLength},
		protocols: []int{2, 1}, firmware: firmware, residents: 25, resetWindow: resetWindow,
	},
	{
		name: "always-uv", model: "keystation software key, alwaysUv", aaguid: ctap.AAGUID{0x2d, 0x4a, 0x8e, 0x01, 0x5b, 0x93, 0x4c, 0x77, 0x9f, 0x0e, 0x61, 0xd8, 0x3a, 0xc5, 0x12, 0xb6},
		cbor: true, pin: true, permissions: true, config: true, uvNotRequired: true, alwaysUV: true, alwaysUVByPIN: true,
		versions: []string{ctap.VersionFIDO20, ctap.VersionFIDO21}, extensions: []string{ctap.ExtCredProtect, ctap.ExtMinPINLength},
		protocols: []int{2, 1}, firmware: firmware, residents: 25, resetWindow: resetWindow,
	},
}

// Profile names a kind of software key.
type Profile struct {
	Name   string
	Model  string
	AAGUID ctap.AAGUID
}

// Profiles lists the kinds of key there are; the first is the default.
func Profiles() []Profile {
	var out []Profile
	for _, p := range profiles {
		out = append(out, Profile{Name: p.name, Model: p.model, AAGUID: p.aaguid})
	}
	return out
}

func profileByName(name string) (profile, bool) {
	for _, p := range profiles {
		if p.name == name {
			return p, true
		}
	}
	return profile{}, false
}

func profileNames() string {
	var names []string
	for _, p := range profiles {
		names = append(names, p.name)
	}
	return strings.Join(names, ", ")
}

// since21 reports whether the key speaks CTAP 2.1.
func (p profile) since21() bool { return slices.Contains(p.versions, ctap.VersionFIDO21) }

// capabilities is the byte of CTAPHID_INIT (CTAP 2.1 §11.2.9.1.3).
func (p profile) capabilities() ctaphid.Capabilities {
	if p.cbor {
		return ctaphid.CapWink | ctaphid.CapCBOR | ctaphid.CapNMSG
	}
	return ctaphid.CapWink
}
