package station

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"keystation/inventory"
	"keystation/station/ctap"
)

// tagStatement is what the tag credential's client data hash is the digest of: anybody can compute it again from the
// record.
type tagStatement struct {
	Type string             `json:"type"`
	RPID string             `json:"rp_id"`
	Key  inventory.KeyID    `json:"key"`
	Tag  inventory.AssetTag `json:"asset_tag"`
	Run  inventory.RunID    `json:"run"`
}

// tag makes the credential by which the key is known again, and judges the attestation that comes with it. No PIN
// exists yet, so none is needed and a refused key ends blank. A key that is mute without a PIN gets its tag later.
func (r *run) tag(ctx context.Context) (result, error) {
	if r.lateTag {
		return skipped("alwaysUv stays on: the tag is made after the PIN")
	}
	before, told := r.key, slices.Clone(r.reasons)
	facts, err := r.makeTag(ctx, nil)
	if errors.Is(err, ctap.ErrPUATRequired) {
		r.lateTag, r.reasons = true, told
		return skipped("the key wants a PIN for it: the tag is made after the PIN")
	}
	if err != nil {
		return result{}, err
	}
	answer, err := r.answersTag(ctx, *r.tagReg, nil)
	if err != nil {
		return result{}, err
	}
	switch answer {
	case tagHeld:
		return done(r.tile.Verdict, facts)
	case tagMute:
		r.lateTag, r.tagReg, r.key, r.reasons = true, nil, before, told
		return skipped("the key does not answer for it without a PIN: another tag is made after the PIN")
	}
	return result{outcome: inventory.StepRefused, end: inventory.RunQuarantined, facts: facts,
		note: "The key does not answer, without a touch and a PIN, for the credential that it has just made.",
		next: "Use another model; return it to the supplier if others of its model do answer."}, nil
}

// makeTag makes and judges the tag credential. The facts hold the registration and the judged key; a refused verdict
// is a stop that carries them too, since the evidence is kept.
func (r *run) makeTag(ctx context.Context, pin inventory.PIN) (inventory.Entered, error) {
	o, err := r.tagOptions(pin)
	if err != nil {
		return inventory.Entered{}, err
	}
	c, err := r.makeTagCredential(ctx, o, pin)
	if err != nil {
		return inventory.Entered{}, err
	}
	at := r.b.now()
	id, err := inventory.NewID[inventory.RegistrationID]()
	if err != nil {
		return inventory.Entered{}, err
	}
	r.tagReg = &inventory.Registration{
		ID: id, Key: r.key.ID, Run: r.row.ID, Kind: inventory.TagCredential, RPID: o.RPID, CredentialID: c.CredentialID,
		PublicKey: c.PublicKey, Attestation: c.Object, ClientDataHash: o.ClientDataHash, RegisteredAt: at,
	}
	if s, ok := errors.AsType[*stop](r.checkTag(c)); ok {
		s.facts = inventory.Entered{Registration: r.tagReg} // the evidence is kept
		return s.facts, s
	}
	return r.judge(ctx, c, at)
}

func (r *run) tagOptions(pin inventory.PIN) (CreationOptions, error) {
	user, err := r.b.nonce()
	if err != nil {
		return CreationOptions{}, err
	}
	p := r.policy()
	digest, err := inventory.Digest(tagStatement{"keystation.tag", p.RPID, r.key.ID, r.key.Tag, r.row.ID})
	if err != nil {
		return CreationOptions{}, err
	}
	hash, err := hex.DecodeString(digest)
	if err != nil {
		return CreationOptions{}, fmt.Errorf("tag statement: %w", err)
	}
	o := CreationOptions{
		RPID: p.RPID, RPName: p.RPName, UserID: user[:16], UserName: string(r.key.Tag), ClientDataHash: hash,
		Algorithm: ctap.AlgES256,
	}
	if r.info.Has(ctap.ExtCredProtect) {
		o.CredProtect = int(ctap.UVOptional) // level 3 would keep it silent without user verification (CTAP 2.1 §12.1)
	}
	return o, nil
}

// checkTag holds what the key made against what it was asked for (WebAuthn §7.1 steps 13 to 16).
func (r *run) checkTag(c Credential) error {
	data, err := ctap.ParseAuthData(c.AuthData)
	switch {
	case err != nil:
		return aside("The key's answer to a new credential cannot be read.", "Return it to the supplier.")
	case data.Credential == nil || len(c.CredentialID) == 0:
		return aside("The key made a credential without saying which.", "Return it to the supplier.")
	case data.RPIDHash != rpIDHash(r.policy().RPID) || !data.Flags.UP():
		return aside("The key made a credential for something else than it was asked for.", "Return it to the supplier.")
	case data.Credential.AAGUID != r.info.AAGUID && !data.Credential.AAGUID.IsZero():
		return aside("The key names another model in its attestation than it did before.", "Return it to the supplier.")
	}
	if _, alg, err := ctap.ParsePublicKey(data.Credential.PublicKey); err != nil || alg != ctap.AlgES256 {
		return aside("The key made a credential with another algorithm than it was asked for.", "Return it to the supplier.")
	}
	return nil
}

// verdict writes the judgment into the key and ends the run where policy or a person says so.
func (r *run) verdict(ctx context.Context, j inventory.Judgment) (inventory.Entered, error) {
	r.key.Verdict, r.key.Maker = j.Verdict, cmp.Or(j.Maker, r.key.Maker)
	r.key.Model = cmp.Or(j.Model, r.key.Model)
	r.tellMaker()
	r.key.Reasons = append(r.key.Reasons, j.Sentences()...)
	if j.Verdict != inventory.Genuine {
		r.reasons = append(r.reasons, j.Sentences()...)
	}
	r.tile.Verdict = string(j.Verdict)
	key := r.key
	facts := inventory.Entered{Key: &key, Registration: r.tagReg, Judgment: &j}
	switch {
	case j.Verdict == inventory.Refused:
		return facts, &stop{result: result{
			outcome: inventory.StepRefused, end: inventory.RunQuarantined, facts: facts,
			note: "The key is not what it says it is: " + j.Reasons[0].Sentence, next: "Return it to the supplier.",
		}}
	case j.Verdict == inventory.Genuine || r.policy().Unknown == inventory.AcceptUnknown:
		return facts, nil
	case r.policy().Unknown == inventory.RefuseUnknown:
		return facts, r.unproven(facts, "Nothing proves what model this key is, and policy refuses such keys.")
	}
	return r.askUnknown(ctx, facts, j)
}

// askUnknown lets a person decide about this very key.
func (r *run) askUnknown(ctx context.Context, facts inventory.Entered, j inventory.Judgment) (inventory.Entered, error) {
	g, err := r.ask(ctx, "Nothing proves what model this key is: "+j.Reasons[0].Sentence+" Make it all the same?",
		"Nothing proves what model this key is, and it was not accepted.", accepted)
	if s, ok := errors.AsType[*stop](err); ok {
		s.facts = facts
	}
	if err != nil {
		return facts, err
	}
	r.key.Reasons = append(r.key.Reasons, g.why)
	key := r.key
	facts.Key = &key
	ev := g.event(key)
	ev.Action = "key.accepted"
	facts.Events = append(facts.Events, ev)
	return facts, nil
}

func (r *run) unproven(facts inventory.Entered, note string) error {
	return &stop{result: result{outcome: inventory.StepRefused, end: inventory.RunRefused, note: note, facts: facts}}
}
