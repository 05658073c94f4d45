package station

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"keystation/inventory"
	"keystation/station/ctap"
)

// sealPIN draws the PIN and seals it before any key has it. From here on it is in the memory of this run and in the
// seal, which the bench cannot open.
func (r *run) sealPIN(context.Context) (result, error) {
	r.show(momentPIN, "")
	s, err := r.newSeal()
	if err != nil {
		return result{}, err
	}
	return done("", inventory.Entered{Seal: &s, VoidSeals: r.key.ID})
}

// newSeal draws another PIN into the run and gives its seal.
func (r *run) newSeal() (inventory.Seal, error) {
	n, err := r.policy().pinLength(r.info)
	if err != nil {
		return inventory.Seal{}, err
	}
	pin, err := newPIN(r.b.cfg.Rand, n)
	if err != nil {
		return inventory.Seal{}, err
	}
	r.pin.Wipe()
	r.pin = pin
	blob, err := r.b.cfg.Sealer.Seal(r.row.ID, r.key.ID, pin)
	if err != nil {
		return inventory.Seal{}, fmt.Errorf("seal PIN: %w", err)
	}
	id, err := inventory.NewID[inventory.SealID]()
	if err != nil {
		return inventory.Seal{}, err
	}
	sum, at := sha256.Sum256(blob), r.b.now()
	return inventory.Seal{
		ID: id, Run: r.row.ID, Key: r.key.ID, Blob: blob, SHA256: hex.EncodeToString(sum[:]),
		State: inventory.Sealed, CreatedAt: at, ChangedAt: at,
	}, nil
}

// setPIN gives the key its PIN. When the answer is lost a fresh handle tells if the key has one; that it is this one is
// what prove finds out.
func (r *run) setPIN(ctx context.Context) (result, error) {
	r.show(momentPIN, "")
	r.pinned = true
	err := r.auth.SetPIN(ctx, r.pin, nil)
	if err != nil && !refusedByKey(err) && ctx.Err() == nil {
		err = r.setPINAgain(ctx, err)
	}
	if err != nil {
		return result{}, fmt.Errorf("set PIN: %w", ownRules(r.info, err))
	}
	if !r.lateTag {
		return done("", inventory.Entered{})
	}
	return r.tagLate(ctx)
}

// setPINAgain looks if a key whose answer was lost has its PIN by now. One that has none never heard of it, and is told
// once more.
func (r *run) setPINAgain(ctx context.Context, lost error) error {
	r.log("answer to setPIN lost", lost)
	if err := r.openKey(ctx); err != nil {
		return err
	}
	if _, err := r.stillSame(ctx); err != nil || r.info.HasPIN() {
		return err
	}
	return r.auth.SetPIN(ctx, r.pin, nil)
}

// ownRules says why a key refused a PIN whose length is right: it has rules beyond that (CTAP 2.2 §6.4 member 0x1B).
func ownRules(info ctap.Info, err error) error {
	if !info.PINComplexityPolicy || !errors.Is(err, ctap.ErrPINPolicyViolation) {
		return err
	}
	return refuse("The key has rules of its own for PINs and refused one of digits. Use another model.")
}

// tagLate makes the tag credential of a key that made none before it had a PIN. Whoever gets it needs the PIN first
// where alwaysUv is still on, since then a touch alone gives no assertion (CTAP 2.1 §6.2.2 step 4).
func (r *run) tagLate(ctx context.Context) (result, error) {
	if err := r.settleAlwaysUV(ctx, r.pin); err != nil {
		return result{}, err
	}
	facts, err := r.makeTag(ctx, r.pin)
	if err != nil {
		return result{}, err
	}
	answer, err := r.answersTag(ctx, *r.tagReg, nil)
	if err != nil {
		return result{}, err
	}
	if r.info.AlwaysUV() || answer != tagHeld {
		r.key.Arrival = inventory.ArrivalPINFirst
		r.reasons = append(r.reasons, "This key answers only with its PIN: its holder needs the PIN before the key can say that it arrived.")
	}
	key := r.key
	facts.Key = &key
	return done("the tag credential was made with the PIN", facts)
}

// configure does what policy says and the key can; what the key cannot is said and left out.
func (r *run) configure(ctx context.Context) (result, error) {
	p := r.policy()
	var wanted []Setting
	if p.MinPINLength > r.info.MinPIN() && r.info.CanSetMinPINLength() {
		wanted = append(wanted, Setting{MinPINLength: p.MinPINLength})
	}
	if p.EnterpriseAttestation && r.info.CanEnterpriseAttest() && !r.info.EnterpriseAttest() {
		wanted = append(wanted, Setting{EnterpriseAttestation: true})
	}
	always := p.alwaysUV(r.info) && !r.info.AlwaysUV()
	if always {
		wanted = append(wanted, Setting{ToggleAlwaysUV: true})
	}
	note := p.cannot(r.info)
	if note != "" {
		r.reasons = append(r.reasons, note)
	}
	if len(wanted) == 0 {
		return skipped(note)
	}
	for _, s := range wanted {
		if err := r.auth.Configure(ctx, s, r.pin); err != nil {
			return result{}, fmt.Errorf("configure: %w", err)
		}
	}
	if !always {
		return done(note, inventory.Entered{})
	}
	r.key.Arrival = inventory.ArrivalPINFirst
	r.reasons = append(r.reasons, "Policy has alwaysUv on for this model: its holder needs the PIN before the key can say that it arrived.")
	key := r.key
	return done(note, inventory.Entered{Key: &key})
}

// alwaysUV tells if policy has alwaysUv on for this model. It was turned off for the tag, which is made without a PIN.
func (p Policy) alwaysUV(info ctap.Info) bool {
	return slices.Contains(p.AlwaysUV, info.AAGUID.String())
}

// cannot says what policy wants of a key that it has no way to do.
func (p Policy) cannot(info ctap.Info) string {
	var all []string
	if p.MinPINLength > info.MinPIN() && !info.CanSetMinPINLength() {
		all = append(all, "The key cannot raise its minimum PIN length.")
	}
	if p.EnterpriseAttestation && !info.CanEnterpriseAttest() {
		all = append(all, "The key has no enterprise attestation.")
	}
	return strings.Join(all, " ")
}

// prove takes a fresh handle and holds the key against what it was told: getInfo shows the settings, and the tag
// answers with the very PIN that was sealed, without a touch.
func (r *run) prove(ctx context.Context) (result, error) {
	r.show(momentProve, "")
	if _, err := r.reopened(ctx, r.asTold, "The key did not keep what it was told (PIN, minimum length or enterprise attestation)."); err != nil {
		return result{}, err
	}
	if r.info.ForcePINChange {
		return result{}, aside("The key demands a new PIN before it was told to.", "Plug it in again and make it anew.")
	}
	ok, err := r.answersWithPIN(ctx)
	if err != nil {
		return result{}, err
	}
	if !ok {
		return result{}, aside("The key did not prove itself with the PIN that was set.", "Plug it in again and make it anew.")
	}
	return done("", inventory.Entered{})
}

// asTold holds the key's getInfo against policy, as far as the key can follow it.
func (r *run) asTold(i ctap.Info) bool {
	p := r.policy()
	minimum := !i.CanSetMinPINLength() || i.MinPIN() >= p.MinPINLength
	ea := !p.EnterpriseAttestation || !i.CanEnterpriseAttest() || i.EnterpriseAttest()
	return i.HasPIN() && minimum && ea && (i.AlwaysUV() || !p.alwaysUV(i))
}

// answersWithPIN asserts the tag credential with a PIN token and up=false: no touch, and a wrong PIN is found out.
func (r *run) answersWithPIN(ctx context.Context) (bool, error) {
	hash, err := r.b.nonce()
	if err != nil {
		return false, err
	}
	o := RequestOptions{RPID: r.tagReg.RPID, ClientDataHash: hash, AllowCredential: [][]byte{r.tagReg.CredentialID}}
	a, err := r.auth.Assert(ctx, o, r.pin)
	if err != nil {
		return false, fmt.Errorf("prove: %w", err)
	}
	data, err := ctap.ParseAuthData(a.AuthData)
	return err == nil && data.Flags.UV() && verifies(*r.tagReg, a, hash), nil
}

// register makes the sign-in credentials that the line asks for. No identity provider can be configured yet.
func (r *run) register(context.Context) (result, error) {
	return skipped("no identity provider is configured")
}

// forcePIN makes the key demand a new PIN from its holder. It is the last act on the key, since from here on the PIN
// gives no token any more (CTAP 2.1 §6.5.5.7.1, §6.5.5.7.3). Some firmware refuses every assertion in that state; such
// a key could not be touched to prove that it arrived, so its PIN is changed to another sealed one, which clears the
// flag, and the key is marked.
func (r *run) forcePIN(ctx context.Context) (result, error) {
	if r.policy().Force == inventory.ForceOff {
		return r.pinStaysKnown("policy leaves the PIN as it is")
	}
	if !r.info.CanForcePINChange() {
		return r.pinStaysKnown("the key cannot demand a new PIN from its holder")
	}
	err := r.auth.Configure(ctx, Setting{ForcePINChange: true}, r.pin)
	if err != nil && (refusedByKey(err) || ctx.Err() != nil) {
		return result{}, fmt.Errorf("force PIN change: %w", err)
	}
	answer, err := r.reopened(ctx, func(i ctap.Info) bool { return i.ForcePINChange }, "The key did not keep that its PIN must be changed.")
	if err == nil && answer == "" {
		answer, err = r.answersTag(ctx, *r.tagReg, nil)
	}
	switch {
	case err != nil:
		return result{}, err
	case answer == tagHeld:
		return done("the tag still answers in silence", inventory.Entered{})
	case r.policy().Force == inventory.ForceRequired:
		return result{}, aside("The key answers nothing any more while it demands a new PIN, and policy requires that it does.", "Use another model.")
	}
	return r.unmute(ctx)
}

// arrivalPIN is what the tag is asked with when the key arrives: nothing, or the PIN where it answers to no tag without.
func (r *run) arrivalPIN() inventory.PIN {
	if r.key.Arrival == inventory.ArrivalPINFirst {
		return r.pin
	}
	return nil
}

func (r *run) pinStaysKnown(why string) (result, error) {
	r.key.PINKnown = true
	r.reasons = append(r.reasons, "The PIN stays known to the station until the holder changes it: "+why+".")
	key := r.key
	return result{outcome: inventory.Skipped, note: why, facts: inventory.Entered{Key: &key}}, nil
}

// unmute changes the PIN of a key that answers nothing while it demands a new one. The new PIN is sealed and journalled
// before the key hears of it; the old seal is void then, and the key is not ready until this step has its outcome.
func (r *run) unmute(ctx context.Context) (result, error) {
	old := r.pin
	r.pin = nil
	defer old.Wipe()
	seal, err := r.newSeal()
	if err != nil {
		return result{}, err
	}
	again := inventory.Entered{Entry: r.entry(inventory.Force, inventory.Intent, r.b.now()), Seal: &seal, VoidSeals: r.key.ID}
	again.Entry.Note = "the key is mute while it demands a new PIN: another PIN is set"
	if err := r.b.cfg.Journal.Append(context.WithoutCancel(ctx), r.row.Operator, again); err != nil {
		r.seq = r.written
		return result{}, fmt.Errorf("journal the other PIN: %w", err)
	}
	r.written = r.seq
	if err := r.auth.SetPIN(ctx, r.pin, old); err != nil {
		return result{}, fmt.Errorf("change PIN: %w", err)
	}
	answer, err := r.reopened(ctx, func(i ctap.Info) bool { return !i.ForcePINChange }, "The key still demands a new PIN after it was changed.")
	if err == nil && answer != tagHeld {
		answer, err = r.answersTag(ctx, *r.tagReg, r.arrivalPIN())
	}
	if err == nil && answer != tagHeld {
		err = aside("The key does not answer to its tag any more.", "Plug it in again and make it anew.")
	}
	if err != nil {
		return result{}, err
	}
	return r.pinStaysKnown("a forced change makes this model mute")
}
