package softkey

import (
	"slices"
	"strings"

	"keystation/station/ctap"
)

// firmware 1.0.0, packed as vendors do it.
const firmware = 0x010000

// Numbers of the profiles' getInfo.
const (
	maxMessage    = 2048
	maxListLength = 16
	maxRPIDs      = 8 // for setMinPINLength
	residents     = 25
)

// softUSB are the descriptors of a key of our own. The vendor and product ids are those that pid.codes gives away for
// tests.
func softUSB(name, serial string) USB {
	return USB{Vendor: 0x1209, Product: 0x0001, Maker: "keystation", Name: name, Serial: serial}
}

// info21 is the getInfo of a full CTAP 2.1 key; edit changes it where a row differs.
//
// makeCredUvNotRqd is true because the standard recommends it (CTAP 2.1 §6.1.2 step 7 exists for it) and common
// hardware has it.
func info21(aaguid ctap.AAGUID, edit func(*ctap.Info)) ctap.Info {
	room, rpIDs := residents, maxRPIDs
	i := ctap.Info{
		Versions:   []string{ctap.VersionU2F, ctap.VersionFIDO20, ctap.VersionFIDO21},
		Extensions: []string{ctap.ExtCredProtect, ctap.ExtHMACSecret, ctap.ExtMinPINLength},
		AAGUID:     aaguid,
		Options: map[string]bool{ctap.OptionRK: true, ctap.OptionUP: true, ctap.OptionPlatform: false, ctap.OptionClientPIN: false,
			ctap.OptionPINUVAuthToken: true, ctap.OptionMakeCredUVNotRqd: true, ctap.OptionCredMgmt: true, ctap.OptionAuthnrCfg: true,
			ctap.OptionSetMinPINLength: true, ctap.OptionAlwaysUV: false, ctap.OptionEP: false},
		MaxMsgSize: maxMessage, PINUVAuthProtocols: []int{2, 1},
		MaxCredentialCountInList: maxListLength, MaxCredentialIDLength: credentialIDSize, Transports: []string{"usb"},
		Algorithms:      []ctap.CredentialParameter{{Type: ctap.PublicKeyCredential, Alg: ctap.AlgES256}},
		FirmwareVersion: firmware, MinPINLength: ctap.DefaultMinPIN,
		MaxRPIDsForSetMinPINLength: &rpIDs, RemainingDiscoverableCredentials: &room,
	}
	if edit != nil {
		edit(&i)
	}
	return i
}

// profiles are all keys there are; the first is the default. The AAGUIDs are random constants of our own.
var profiles = []Model{
	{
		Name: "modern", Product: "keystation software key",
		About:  "a full CTAP 2.1 key with U2F and an iSerial",
		Serial: HexSerial, USB: softUSB("software key", OwnSerial),
		GetInfo:     info21(ctap.AAGUID{0x4e, 0xfb, 0x52, 0xc7, 0x86, 0x71, 0x4f, 0x64, 0xac, 0x18, 0x4b, 0x29, 0xe1, 0x91, 0x96, 0xaf}, nil),
		Attestation: Attestation{EnterpriseRPIDs: []string{"enterprise.keystation.example"}},
	},
	{
		Name: "noserial", Product: "keystation software key without serial",
		About: "nothing tells it from its siblings: no iSerial, no ep",
		USB:   softUSB("software key without serial", ""),
		GetInfo: info21(ctap.AAGUID{0xbc, 0x15, 0x8b, 0x17, 0xfa, 0x22, 0x4a, 0x3c, 0x9c, 0x3c, 0xd5, 0x82, 0x4a, 0x15, 0xca, 0x2c}, func(i *ctap.Info) {
			delete(i.Options, ctap.OptionEP)
		}),
	},
	{
		Name: "fido20", Product: "keystation software key, FIDO 2.0",
		About: "FIDO_2_0 only; all its siblings share its iSerial",
		USB:   softUSB("software key, FIDO 2.0", "A00000000000"),
		GetInfo: ctap.Info{Versions: []string{ctap.VersionFIDO20}, Extensions: []string{ctap.ExtHMACSecret}, MaxMsgSize: maxMessage,
			AAGUID:             ctap.AAGUID{0x8b, 0xea, 0xf2, 0x23, 0x69, 0x55, 0x48, 0x73, 0xb1, 0xad, 0x53, 0xef, 0x95, 0xee, 0xbc, 0x07},
			Options:            map[string]bool{ctap.OptionRK: true, ctap.OptionUP: true, ctap.OptionPlatform: false, ctap.OptionClientPIN: false},
			PINUVAuthProtocols: []int{1}},
	},
	{
		Name: "u2f-only", Product: "keystation software key, U2F only",
		About: "U2F and nothing else",
		USB:   softUSB("software key, U2F only", ""),
	},
	{
		Name: "no-pin", Product: "keystation software key without PIN",
		About: "CTAP 2.1 without clientPin",
		USB:   softUSB("software key without PIN", OwnSerial), Serial: HexSerial,
		GetInfo: info21(ctap.AAGUID{0xb3, 0x69, 0x32, 0x30, 0x76, 0xe1, 0x44, 0x41, 0xa4, 0x60, 0x9d, 0x9e, 0xb3, 0xf9, 0x06, 0x03}, func(i *ctap.Info) {
			i.Options = map[string]bool{ctap.OptionRK: true, ctap.OptionUP: true, ctap.OptionPlatform: false}
			i.Extensions = []string{ctap.ExtCredProtect, ctap.ExtHMACSecret}
			i.PINUVAuthProtocols, i.MinPINLength, i.MaxRPIDsForSetMinPINLength = nil, 0, nil
		}),
	},
	{
		Name: "fips", Product: "keystation software key, alwaysUv for good",
		About:  "alwaysUv is on for good; PINs from six characters on",
		Serial: HexSerial, USB: softUSB("software key, alwaysUv for good", OwnSerial),
		GetInfo: info21(ctap.AAGUID{0x33, 0x4d, 0x65, 0x46, 0x7e, 0x40, 0x41, 0x73, 0x89, 0x5a, 0x97, 0x10, 0xd3, 0x31, 0xd3, 0x9b}, func(i *ctap.Info) {
			i.Versions = []string{ctap.VersionFIDO20, ctap.VersionFIDO21}
			i.Options[ctap.OptionAlwaysUV], i.Options[ctap.OptionMakeCredUVNotRqd] = true, false
			i.MinPINLength = 6
		}),
		Quirks: Quirks{AlwaysUVStays: true},
	},
	{
		Name: "always-uv", Product: "keystation software key, alwaysUv",
		About:  "alwaysUv is on after a reset; the PIN turns it off",
		Serial: HexSerial, USB: softUSB("software key, alwaysUv", OwnSerial),
		GetInfo: info21(ctap.AAGUID{0x2d, 0x4a, 0x8e, 0x01, 0x5b, 0x93, 0x4c, 0x77, 0x9f, 0x0e, 0x61, 0xd8, 0x3a, 0xc5, 0x12, 0xb6}, func(i *ctap.Info) {
			i.Options[ctap.OptionAlwaysUV] = true
		}),
		Quirks: Quirks{AlwaysUVByPIN: true},
	},
	{
		Name: "mute-when-forced", Product: "keystation software key, mute when forced",
		About:  "answers nobody while a PIN change is forced",
		Serial: HexSerial, USB: softUSB("software key, mute when forced", OwnSerial),
		GetInfo: info21(ctap.AAGUID{0xfc, 0x78, 0x22, 0x3b, 0x2b, 0xcb, 0x41, 0x87, 0xbe, 0x78, 0x81, 0x7e, 0x2d, 0x49, 0x74, 0xc9}, nil),
		Quirks:  Quirks{MuteWhenForced: true},
	},
	{
		Name: "deviant", Product: "keystation software key, deviant",
		About:  "0x31 where 0x37 is due, 0xF1 for 0x01, reset untouched",
		Serial: HexSerial, USB: softUSB("software key, deviant", OwnSerial),
		GetInfo: info21(ctap.AAGUID{0xad, 0x85, 0x48, 0x5f, 0xe7, 0xdb, 0x4b, 0x5b, 0x85, 0xee, 0x6e, 0x2f, 0x02, 0xde, 0x37, 0xb4}, nil),
		Quirks: Quirks{ForcedToken: StatusCode(ctap.ErrPINInvalid), SetPINAgain: StatusCode(ctap.ErrPINAuthInvalid),
			UnknownCommand: 0xF1, ResetWithoutTouch: true},
	},
	{
		// Most keys of this kind hide their serial from USB and say it in answer to READ_CONFIG: a length, then tags,
		// of which 0x02 is the serial, 0x04 the form, 0x05 the firmware and 0x10 says that there is another page.
		Name: "yubikey-like", Product: "keystation software key, READ_CONFIG",
		About:  "serial by CTAPHID 0x42, reset within 5 s, FIDO_2_1_PRE",
		Serial: NumberSerial,
		USB:    USB{Vendor: 0x1050, Product: 0x0402, Maker: "keystation", Name: "software key, READ_CONFIG"},
		GetInfo: info21(ctap.AAGUID{0xd9, 0x15, 0xbf, 0x34, 0x8c, 0x42, 0x41, 0xf7, 0xb5, 0x27, 0xe0, 0x54, 0x24, 0x14, 0x25, 0x29}, func(i *ctap.Info) {
			i.Versions = []string{ctap.VersionU2F, ctap.VersionFIDO20, ctap.VersionFIDO21P, ctap.VersionFIDO21}
			i.Options[ctap.OptionCredMgmtPreview] = true
			i.FirmwareVersion = 0x050701
		}),
		HID: HID{Version: [3]byte{5, 7, 1}},
		Vendor: []VendorCommand{{Command: 0x42, Paged: true, Answers: []string{
			"1C 0102023F 0302023F 0204{number} 040101 0503050701 0A0100 100101",
			"14 1308534F46544B455931 160100 170100 18020000",
		}}},
		Timing: Timing{ResetWindow: 5000},
		Quirks: Quirks{ResetUntouched: StatusCode(ctap.ErrActionTimeout)},
	},
	{
		Name: "uuid-like", Product: "keystation software key, UUID",
		About:   "a UUID by CTAPHID 0x62 and as its iSerial",
		Serial:  UUIDSerial,
		USB:     USB{Vendor: 0x20A0, Product: 0x42B2, Maker: "keystation", Name: "software key, UUID", Serial: OwnSerial},
		GetInfo: info21(ctap.AAGUID{0xf7, 0xb2, 0xa2, 0x44, 0x31, 0x28, 0x42, 0x2d, 0xad, 0x1f, 0xf6, 0x89, 0x0d, 0x7b, 0xd2, 0x5d}, nil),
		Vendor:  []VendorCommand{{Command: 0x62, Answers: []string{"{uuid}"}}},
	},
	{
		// Such keys say only the end of their serial: an answer to reset whose historical bytes, from the eighth byte on,
		// are a mark, the number of the product and eight digits.
		Name: "suffix-like", Product: "keystation software key, ATR",
		About:   "the end of its serial by CTAPHID 0x41, no iSerial",
		Serial:  DigitsSerial,
		USB:     USB{Vendor: 0x349E, Product: 0x0022, Maker: "keystation", Name: "software key, ATR"},
		GetInfo: info21(ctap.AAGUID{0x6d, 0x1c, 0x3e, 0x90, 0x47, 0xb8, 0x4d, 0x2a, 0x8e, 0x55, 0xf0, 0x13, 0x9b, 0x62, 0xa4, 0x7c}, nil),
		Vendor:  []VendorCommand{{Command: 0x41, Answers: []string{"3BDF1800900000 868E 0022 000000 {digits}"}}},
	},
	{
		// Keys that are sold to companies for it have an AAGUID of their own.
		Name: "enterprise", Product: "keystation software key for enterprises",
		About:   "no iSerial: only enterprise attestation shows its serial",
		Serial:  HexSerial,
		USB:     softUSB("software key for enterprises", ""),
		GetInfo: info21(ctap.AAGUID{0x1f, 0x5a, 0xd0, 0x6b, 0x93, 0xe4, 0x4c, 0x17, 0xb2, 0x08, 0x7e, 0x41, 0xc6, 0x35, 0x9d, 0xfa}, nil),
	},
}

// Profile names a kind of software key.
type Profile struct {
	Name   string
	Model  string
	About  string // what sets it apart, in a line
	AAGUID ctap.AAGUID
	USB    USB
}

// Profiles lists the kinds of key there are; the first is the default.
func Profiles() []Profile {
	var out []Profile
	for _, m := range profiles {
		out = append(out, Profile{Name: m.Name, Model: m.Product, About: m.About, AAGUID: m.GetInfo.AAGUID, USB: m.USB})
	}
	return out
}

// ProfileModel is the model that a profile is made of, to start another one from.
func ProfileModel(name string) (Model, bool) {
	i := slices.IndexFunc(profiles, func(m Model) bool { return m.Name == name })
	if i < 0 {
		return Model{}, false
	}
	return profiles[i], true
}

func profileNames() string {
	var names []string
	for _, m := range profiles {
		names = append(names, m.Name)
	}
	return strings.Join(names, ", ")
}
