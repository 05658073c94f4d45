package fido2

// #include "shim.h"
import "C"

import (
	"bytes"
	"context"
	"fmt"
	"unicode/utf8"
	"unsafe"

	"keystation/inventory"
	"keystation/station"
)

// Limits of a PIN (CTAP 2.1 §6.5.1): the key may ask for more code points and take fewer bytes.
const (
	minPIN = 4  // code points
	maxPIN = 63 // bytes of UTF-8
)

// SetPIN sets a first PIN (old is nil) or changes it (CTAP 2.1 §6.5.5.5, §6.5.5.6).
func (k *Key) SetPIN(ctx context.Context, pin, old inventory.PIN) error {
	act := "set PIN"
	if old != nil {
		act = "change PIN"
	}
	if err := checkNewPIN(pin); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	if err := checkPIN(old); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	p, n := pinOf(pin)
	o, m := pinOf(old)
	return k.do(ctx, act, func(c *C.ks_key) C.int { return C.ks_set_pin(c, p, n, o, m) })
}

// Configure sends one authenticatorConfig subcommand (CTAP 2.1 §6.11).
func (k *Key) Configure(ctx context.Context, s station.Setting, pin inventory.PIN) error {
	if err := checkPIN(pin); err != nil {
		return fmt.Errorf("configure: %w", err)
	}
	p, n := pinOf(pin)
	switch s {
	case station.Setting{EnterpriseAttestation: true}: // §6.11.1
		return k.do(ctx, "enable enterprise attestation", func(c *C.ks_key) C.int { return C.ks_enable_entattest(c, p, n) })
	case station.Setting{ToggleAlwaysUV: true}: // §6.11.2
		return k.do(ctx, "toggle alwaysUv", func(c *C.ks_key) C.int { return C.ks_toggle_always_uv(c, p, n) })
	case station.Setting{ForcePINChange: true}: // §6.11.4
		return k.do(ctx, "force PIN change", func(c *C.ks_key) C.int { return C.ks_force_pin_change(c, p, n) })
	case station.Setting{MinPINLength: s.MinPINLength}: // §6.11.4
		if s.MinPINLength > 0 {
			return k.do(ctx, "set minimum PIN length", func(c *C.ks_key) C.int { return C.ks_set_min_pin(c, C.size_t(s.MinPINLength), p, n) })
		}
	}
	return inventory.Refuse(inventory.Internal, "The station asked the key for %d settings at once instead of one: report this.", count(s))
}

func count(s station.Setting) (n int) {
	for _, set := range []bool{s.EnterpriseAttestation, s.ToggleAlwaysUV, s.ForcePINChange, s.MinPINLength != 0} {
		if set {
			n++
		}
	}
	return n
}

// checkPIN refuses what would reach libfido2 as another PIN, or as none.
func checkPIN(pin inventory.PIN) error {
	if pin != nil && (len(pin) == 0 || bytes.IndexByte(pin, 0) >= 0) {
		return inventory.Refuse(inventory.Invalid, "A PIN is not empty and holds no NUL: choose another.")
	}
	return nil
}

// checkNewPIN obeys CTAP 2.1 §6.5.5.5: at least four code points, at most 63 bytes, no zero byte.
func checkNewPIN(pin inventory.PIN) error {
	if pin == nil {
		return inventory.Refuse(inventory.Invalid, "A PIN is needed: it cannot be taken away, only a reset does that.")
	}
	if !utf8.Valid(pin) || utf8.RuneCount(pin) < minPIN || len(pin) > maxPIN {
		return inventory.Refuse(inventory.Invalid, "A PIN has at least %d characters and at most %d bytes: choose another.", minPIN, maxPIN)
	}
	return checkPIN(pin)
}

// pinOf gives C a view of the PIN, which it copies, and wipes, within one call.
func pinOf(pin inventory.PIN) (unsafe.Pointer, C.size_t) {
	return unsafe.Pointer(unsafe.SliceData(pin)), C.size_t(len(pin))
}
