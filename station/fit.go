package station

import (
	"cmp"
	"slices"
	"time"

	"keystation/inventory"
	"keystation/station/attest"
	"keystation/station/ctap"
)

// What a key says of itself is enough to refuse it before anything on it is changed. Each tier has rules of its own, so a
// key may be made for one and not for another: the lines of those that it does not suit are not taken. What a key proves
// of itself is looked at later, with its attestation, by the same rules.

// makeable refuses, untouched, a key on which no run could end, whatever is asked of it: no CTAP2, no clientPIN, no
// reset.
func makeable(info ctap.Info) error {
	switch {
	case !info.SupportsPIN():
		return refuse("The key has no clientPIN, so it cannot be protected. It was left as it is: use another model.")
	case info.Options[ctap.OptionNoMcGaWithPIN]:
		return refuse("The key does not let its PIN sign anybody in, only a fingerprint. It was left as it is: use another model.")
	case !info.SpeaksPINProtocol():
		return refuse("The key names no PIN protocol that is known here, so no PIN can be set. It was left as it is: use another model.")
	case !info.ResetsOverUSB():
		return refuse("The key cannot be reset over USB. It was left as it is: use another model.")
	case !info.Makes(ctap.AlgES256):
		return refuse("The key cannot make an ES256 credential. It was left as it is: use another model.")
	}
	return nil
}

// fits refuses a key that the rules of p leave out by what it says of itself.
func (p Policy) fits(info ctap.Info) error {
	if p.Force == inventory.ForceRequired && !info.CanForcePINChange() {
		return refuse("The key cannot demand a new PIN from its holder, which policy requires. It was left as it is: use another model.")
	}
	for _, name := range p.Options {
		if _, there := info.Option(name); !there {
			return refuse("The key has no %s, which policy requires. It was left as it is: use another model.", name)
		}
	}
	if p.alwaysUV(info) && !info.CanConfigure() && !info.AlwaysUV() {
		return refuse("Policy has alwaysUv on for this model, and this key cannot turn it on. It was left as it is: use another one.")
	}
	_, err := p.pinLength(info)
	return err
}

// against refuses a model that policy or the metadata speak against. A key that lies about its model is found out by its
// attestation.
func (p Policy) against(info ctap.Info, at time.Time) error {
	for _, reason := range p.trust().Against(attest.Claim{Model: info.AAGUID, Firmware: info.Firmware()}, at) {
		return refuse("%s It was left as it is: use another model.", reason.Sentence)
	}
	return nil
}

// suits finds the tiers that the key may be made for. One that suits none is refused by the rules of the standard tier; so
// is one for stock, since that tier's lines take it first.
func (r *run) suits() error {
	var first error
	for _, tier := range inventory.Tiers {
		p := r.site.For(tier)
		err := cmp.Or(p.fits(r.info), p.against(r.info, r.b.now()))
		if err == nil {
			r.tiers = append(r.tiers, tier)
		}
		first = cmp.Or(first, err)
	}
	if len(r.tiers) == 0 || r.stock && !slices.Contains(r.tiers, inventory.Standard) {
		return first
	}
	return nil
}

// policy is what the run follows: the rules of the tier that its line is of, or of the standard one.
func (r *run) policy() Policy {
	if r.order == nil {
		return r.site
	}
	return r.site.For(r.order.Requisition.Tier)
}

// twoMakers are the tiers whose people get keys of two makers.
func (p Policy) twoMakers() []inventory.Tier {
	return slices.DeleteFunc(slices.Clone(inventory.Tiers), func(t inventory.Tier) bool { return !p.For(t).TwoMakers })
}

// withoutLine goes on without a line, since none waits that the key fits (why, if some wait that it does not), or refuses
// a key that may be made for lines of other tiers only.
func (r *run) withoutLine(why error) error {
	if !slices.Contains(r.tiers, inventory.Standard) {
		return refuse("This key may not be made for stock: policy lets it be made for other tiers only, and no line of theirs waits. It was left as it is.")
	}
	if why != nil {
		r.reasons = append(r.reasons, inventory.Sentence(why)+" It is made without a line.")
		return nil
	}
	r.reasons = append(r.reasons, "No approved line was waiting: the key is made without one.")
	return nil
}

// maker says who made the key, before it has proven anything: as the metadata say of the model that it says it is, or as
// its USB descriptor has it.
func (r *run) maker() string {
	return cmp.Or(r.site.Catalog.Entry(r.info.AAGUID).Maker(), r.port.Maker)
}

// tellMaker keeps who made the key where others may read it.
func (r *run) tellMaker() {
	by := r.key.Maker
	r.madeBy.Store(&by)
}

// pairs refuses to go on with a key that would be of the same maker as all others of its person. Another run may have
// begun one for the same person since the line was taken. It may be called from any goroutine.
func (r *run) pairs(o inventory.Order) error {
	by := r.madeBy.Load()
	if by == nil || !r.policy().TwoMakers {
		return nil
	}
	if err := o.TwoMakers(*by); err != nil {
		return r.unhand(momentOther, "%s", inventory.Sentence(err))
	}
	return nil
}
