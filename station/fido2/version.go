package fido2

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"keystation/inventory"
)

// Oldest is the oldest libfido2 that this program runs with.
const Oldest = "1.12"

// ErrOldLibrary says that the libfido2 in use lacks a function.
var ErrOldLibrary = errors.New("libfido2 is too old")

// marks are functions by the version that brought them, newest first. libfido2 has no call that tells its version.
var marks = []struct{ version, symbol string }{
	{"1.17", "fido_cbor_info_maxpinlen"},
	{"1.16", "fido_cred_set_entattest"},
	{"1.15", "fido_cred_x5c_list_count"},
	{"1.14", "fido_assert_authdata_raw_ptr"},
	{"1.13", "fido_cred_empty_exclude_list"},
	{"1.12", "fido_cbor_info_minpinlen"},
}

// Feature is something that only a younger libfido2 can do.
type Feature struct {
	name, since, symbol string
}

// EnterpriseAttestation asks for enterprise attestation when a credential is made (CTAP 2.1 §7.1).
var EnterpriseAttestation = Feature{"enterprise attestation", "1.16", "fido_cred_set_entattest"}

// Version is the libfido2 that this process runs with, as far as its functions tell: the newest version whose
// functions it has.
func Version() string {
	for _, m := range marks {
		if has(m.symbol) {
			return m.version
		}
	}
	return "older than " + Oldest
}

// Supports is nil when the libfido2 in use has the feature, else a sentence that says which one has.
func Supports(f Feature) error {
	if has(f.symbol) {
		return nil
	}
	return &inventory.Error{
		Kind: inventory.Unavailable,
		Msg:  fmt.Sprintf("%s needs libfido2 ≥ %s, this is %s: update it.", capital(f.name), f.since, Version()),
		Err:  ErrOldLibrary,
	}
}

func capital(s string) string { return string(s[0]-'a'+'A') + s[1:] }

func has(symbol string) bool {
	s := C.CString(symbol)
	defer C.free(unsafe.Pointer(s))
	return bool(C.ks_has(s))
}
