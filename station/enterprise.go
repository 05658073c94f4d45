package station

import (
	"context"
	"errors"
	"fmt"

	"keystation/inventory"
	"keystation/station/ctap"
)

// Enterprise attestation (CTAP 2.1 §7.1) is the only serial number that a key proves: its certificate is for this very
// key. The tag credential is asked for it, for two reasons. A reset turns it off on some keys, so it is turned on again
// after each, and the tag is what is made after each. And of the two kinds it is the managing platform's that the station
// can ask for: for its own RP ID it is the platform, and knows that these keys are the company's. The kind that is
// facilitated by the vendor is for the RP IDs that stand in the key's firmware, usually those of an identity provider; a
// key that has no other kind says nothing to the station, and may do so to that provider when it is registered there.

// enterprise turns enterprise attestation on and gives what to ask for with the tag credential; 0: nothing. What cannot
// be done is said in the reasons, and the tag is made without it: configure turns on later what could not be turned on
// without a PIN.
func (r *run) enterprise(ctx context.Context, pin inventory.PIN) (int, error) {
	if !r.policy().EnterpriseAttestation || !r.info.CanEnterpriseAttest() {
		return 0, nil // configure says so
	}
	if err := asksEnterprise(r.auth); err != nil {
		r.reasons = append(r.reasons, "The key was not asked to prove its serial number: "+inventory.Sentence(err))
		return 0, nil
	}
	if err := r.enableEnterprise(ctx, pin); err != nil {
		return 0, err
	}
	if !r.info.EnterpriseAttest() {
		r.reasons = append(r.reasons, "The key was not asked to prove its serial number: it did not turn enterprise attestation on.")
		return 0, nil
	}
	return ctap.PlatformManaged, nil
}

func asksEnterprise(a Authenticator) error {
	if e, ok := a.(EnterpriseAsker); ok {
		return e.AsksEnterprise()
	}
	return inventory.Refuse(inventory.Unavailable, "Whatever stands between the station and the key cannot ask for enterprise attestation.")
}

// enableEnterprise turns it on (CTAP 2.1 §6.11.1; while no PIN is set none is needed) and looks on a fresh handle if it
// is. A key that refuses, or forgot it at once, is left as it is.
func (r *run) enableEnterprise(ctx context.Context, pin inventory.PIN) error {
	if r.info.EnterpriseAttest() {
		return nil
	}
	err := r.auth.Configure(ctx, Setting{EnterpriseAttestation: true}, pin)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("enable enterprise attestation: %w", err)
	}
	if err != nil {
		r.log("enable enterprise attestation", err)
	}
	if refusedByKey(err) {
		return nil
	}
	_, err = r.reopened(ctx, func(ctap.Info) bool { return true }, "")
	return err
}

// makeTagCredential makes the tag credential, with enterprise attestation where it can be had. A key that refuses to give
// any makes one without.
func (r *run) makeTagCredential(ctx context.Context, o CreationOptions, pin inventory.PIN) (Credential, error) {
	var err error
	if o.EnterpriseAttestation, err = r.enterprise(ctx, pin); err != nil {
		return Credential{}, err
	}
	c, err := r.touchedCredential(ctx, o, pin)
	if o.EnterpriseAttestation != 0 && refusesEnterprise(err) && ctx.Err() == nil {
		r.log("enterprise attestation", err)
		r.reasons = append(r.reasons, "The key refused to prove its serial number to this station.")
		o.EnterpriseAttestation = 0
		return r.touchedCredential(ctx, o, pin)
	}
	if err == nil && o.EnterpriseAttestation != 0 && !c.EnterpriseAttested {
		r.reasons = append(r.reasons, "The key did not prove its serial number to this station: its maker may let it do so to certain sign-in services only.")
	}
	return c, err
}

func (r *run) touchedCredential(ctx context.Context, o CreationOptions, pin inventory.PIN) (Credential, error) {
	var c Credential
	err := r.withTouch(ctx, momentTag, func(ctx context.Context) error {
		var err error
		c, err = r.auth.MakeCredential(ctx, o, pin)
		return err
	})
	if err != nil {
		return Credential{}, fmt.Errorf("make tag credential: %w", err)
	}
	return c, nil
}

// refusesEnterprise tells the answers that can mean that a key does not take the parameter, or not the kind that is asked
// for: the standard's (CTAP 2.1 §6.1.2 step 9) and those of keys that deny it in other words. The same answer to the
// question without it means what it says.
func refusesEnterprise(err error) bool {
	for _, s := range []ctap.Status{ctap.ErrInvalidParameter, ctap.ErrInvalidOption, ctap.ErrUnsupportedOption, ctap.ErrOperationDenied, ctap.ErrNotAllowed} {
		if errors.Is(err, s) {
			return true
		}
	}
	return false
}
