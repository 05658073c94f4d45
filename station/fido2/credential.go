package fido2

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
)

// MakeCredential makes a credential (CTAP 2.1 §6.1). It waits for a touch. What it gives is taken from the bytes of
// the answer, so a chain of certificates is there in full and a signature still fits what it was made over.
func (k *Key) MakeCredential(ctx context.Context, o station.CreationOptions, pin inventory.PIN) (station.Credential, error) {
	const act = "make credential"
	if err := checkPIN(pin); err != nil {
		return station.Credential{}, fmt.Errorf("%s: %w", act, err)
	}
	cred, err := newCred(o, pin != nil)
	if err != nil {
		return station.Credential{}, fmt.Errorf("%s: %w", act, err)
	}
	defer C.ks_cred_free(&cred)
	k.mu.Lock()
	defer k.mu.Unlock()
	p, n := pinOf(pin)
	err = k.locked(ctx, act, func(c *C.ks_key) C.int { return readable(C.ks_make_cred(c, cred, p, n)) })
	if err != nil {
		return station.Credential{}, err
	}
	raw, err := k.answer()
	if err != nil {
		return station.Credential{}, fmt.Errorf("%s: %w", act, err)
	}
	made, err := readCredential(raw)
	if err != nil {
		return station.Credential{}, fmt.Errorf("%s: %w", act, k.breakDown(garbled(err)))
	}
	return made, nil
}

// readable passes over that libfido2 cannot read an answer: it knows some formats of attestation statements only (packed,
// fido-u2f, tpm and none in 1.12). The bytes are read by our own code, which is the one to say that they make no sense.
func readable(r C.int) C.int {
	if r == C.FIDO_ERR_RX_INVALID_CBOR {
		return C.FIDO_OK
	}
	return r
}

// readCredential takes the answer of authenticatorMakeCredential apart (CTAP 2.1 §6.1.2).
func readCredential(raw []byte) (station.Credential, error) {
	answer, err := ctap.ParseAttestationObject(raw)
	if err != nil {
		return station.Credential{}, err
	}
	data, err := ctap.ParseAuthData(answer.AuthData)
	if err != nil {
		return station.Credential{}, err
	}
	if data.Credential == nil {
		return station.Credential{}, errors.New("the authenticator data hold no credential")
	}
	object, err := answer.Encode()
	if err != nil {
		return station.Credential{}, err
	}
	return station.Credential{
		Object:       object,
		AuthData:     answer.AuthData,
		CredentialID: data.Credential.ID,
		PublicKey:    data.Credential.PublicKey,

		EnterpriseAttested: ctap.EnterpriseAttested(raw),
	}, nil
}

// AsksEnterprise is nil when the libfido2 in use can ask for enterprise attestation.
func (k *Key) AsksEnterprise() error { return Supports(EnterpriseAttestation) }

func newCred(o station.CreationOptions, pin bool) (*C.fido_cred_t, error) {
	cred := C.ks_cred_new()
	if cred == nil {
		return nil, errNoMemory
	}
	if err := fillCred(cred, o, pin); err != nil {
		C.ks_cred_free(&cred)
		return nil, err
	}
	return cred, nil
}

func fillCred(cred *C.fido_cred_t, o station.CreationOptions, pin bool) error {
	if err := checkRequest(o.RPID, o.ClientDataHash, o.RPName, o.UserName); err != nil {
		return err
	}
	alg := o.Algorithm
	if alg == 0 {
		alg = C.COSE_ES256
	}
	hash, hashLen := bytesOf(o.ClientDataHash)
	b := build{code: C.fido_cred_set_type(cred, C.int(alg))}
	b.add(C.fido_cred_set_clientdata_hash(cred, hash, hashLen))
	b.entities(cred, o)
	if o.Resident {
		b.add(C.fido_cred_set_rk(cred, C.FIDO_OPT_TRUE))
	}
	if o.UserVerification && !pin { // CTAP 2.1 §6.1.1: a token takes the place of the uv option
		b.add(C.fido_cred_set_uv(cred, C.FIDO_OPT_TRUE))
	}
	if o.CredProtect != 0 {
		b.add(C.fido_cred_set_prot(cred, C.int(o.CredProtect)))
	}
	for _, id := range o.ExcludeCredential {
		p, n := bytesOf(id)
		b.add(C.fido_cred_exclude(cred, p, n))
	}
	if o.EnterpriseAttestation != 0 {
		if err := Supports(EnterpriseAttestation); err != nil {
			return err
		}
		b.add(C.ks_cred_set_entattest(cred, C.int(o.EnterpriseAttestation)))
	}
	return b.err()
}

// Assert asks for an assertion (CTAP 2.1 §6.2). With a PIN it gets a token first; without Touch the key answers in
// silence (up=false), with a token as well as without one.
func (k *Key) Assert(ctx context.Context, o station.RequestOptions, pin inventory.PIN) (station.Assertion, error) {
	const act = "get assertion"
	if err := checkPIN(pin); err != nil {
		return station.Assertion{}, fmt.Errorf("%s: %w", act, err)
	}
	assert, err := newAssert(o)
	if err != nil {
		return station.Assertion{}, fmt.Errorf("%s: %w", act, err)
	}
	defer C.ks_assert_free(&assert)
	k.mu.Lock()
	defer k.mu.Unlock()
	p, n := pinOf(pin)
	if err := k.locked(ctx, act, func(c *C.ks_key) C.int { return C.ks_get_assert(c, assert, p, n, C.bool(o.Touch)) }); err != nil {
		return station.Assertion{}, err
	}
	a, err := readAssertion(assert, o)
	if err != nil {
		return station.Assertion{}, fmt.Errorf("%s: %w", act, k.breakDown(garbled(err)))
	}
	return a, nil
}

// readAssertion takes the first assertion. libfido2 keeps authenticator data in their CBOR byte string.
func readAssertion(assert *C.fido_assert_t, o station.RequestOptions) (station.Assertion, error) {
	a := station.Assertion{
		CredentialID: clone(C.fido_assert_id_ptr(assert, 0), C.fido_assert_id_len(assert, 0)),
		Signature:    clone(C.fido_assert_sig_ptr(assert, 0), C.fido_assert_sig_len(assert, 0)),
	}
	wrapped := clone(C.fido_assert_authdata_ptr(assert, 0), C.fido_assert_authdata_len(assert, 0))
	if err := ctap.Decode(wrapped, &a.AuthData); err != nil {
		return station.Assertion{}, err
	}
	if len(a.Signature) == 0 {
		return station.Assertion{}, errors.New("the assertion has no signature")
	}
	if len(a.CredentialID) == 0 && len(o.AllowCredential) == 1 { // CTAP 2.0 §5.2: may be left out then
		a.CredentialID = o.AllowCredential[0]
	}
	return a, nil
}

func newAssert(o station.RequestOptions) (*C.fido_assert_t, error) {
	assert := C.ks_assert_new()
	if assert == nil {
		return nil, errNoMemory
	}
	if err := fillAssert(assert, o); err != nil {
		C.ks_assert_free(&assert)
		return nil, err
	}
	return assert, nil
}

func fillAssert(assert *C.fido_assert_t, o station.RequestOptions) error {
	if err := checkRequest(o.RPID, o.ClientDataHash); err != nil {
		return err
	}
	if len(o.AllowCredential) == 0 {
		return errors.New("no credential is named")
	}
	hash, hashLen := bytesOf(o.ClientDataHash)
	rp := C.CString(o.RPID)
	defer C.free(unsafe.Pointer(rp))
	b := build{code: C.fido_assert_set_rp(assert, rp)}
	b.add(C.fido_assert_set_clientdata_hash(assert, hash, hashLen))
	if !o.Touch { // CTAP 2.1 §6.2.1: up is true when it is left out
		b.add(C.fido_assert_set_up(assert, C.FIDO_OPT_FALSE))
	}
	for _, id := range o.AllowCredential {
		p, n := bytesOf(id)
		b.add(C.fido_assert_allow_cred(assert, p, n))
	}
	return b.err()
}

// checkRequest refuses what libfido2 would cut short or send although no key takes it.
func checkRequest(rpID string, hash []byte, more ...string) error {
	if rpID == "" || len(hash) != sha256.Size {
		return errors.New("an RP ID and a client data hash of 32 bytes are needed")
	}
	for _, s := range append(more, rpID) {
		if strings.IndexByte(s, 0) >= 0 {
			return errors.New("a name holds a NUL")
		}
	}
	return nil
}

// build keeps the first code that is not OK of several calls that fill a request.
type build struct{ code C.int }

func (b *build) add(code C.int) {
	if b.code == C.FIDO_OK {
		b.code = code
	}
}

func (b *build) err() error {
	if b.code == C.FIDO_OK {
		return nil
	}
	return fmt.Errorf("libfido2 takes no such request: %s (%d)", C.GoString(C.fido_strerr(b.code)), int(b.code))
}

// entities sets the relying party and the user (CTAP 2.1 §6.1.1).
func (b *build) entities(cred *C.fido_cred_t, o station.CreationOptions) {
	rp, rpName, user := C.CString(o.RPID), optional(o.RPName), optional(o.UserName)
	defer C.free(unsafe.Pointer(rp))
	defer C.free(unsafe.Pointer(rpName))
	defer C.free(unsafe.Pointer(user))
	id, n := bytesOf(o.UserID)
	b.add(C.fido_cred_set_rp(cred, rp, rpName))
	b.add(C.fido_cred_set_user(cred, id, n, user, nil, nil))
}

// optional is a C string, or NULL for what is left out.
func optional(s string) *C.char {
	if s == "" {
		return nil
	}
	return C.CString(s)
}
