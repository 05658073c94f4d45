package station

import (
	"context"
	"errors"
	"fmt"

	"keystation/inventory"
	"keystation/station/ctap"
)

// tagSearch bounds the silent search: so many tag credentials of the same model are tried before a person is asked.
const tagSearch = 512

// recognize finds the key's row: by the tag credential that it answers to in silence, else by serial, else by the place
// where a run left a key. Only an answered tag proves it; the others are guesses, about which a person is asked. Nil
// means that the inventory does not know it.
func (r *run) recognize(ctx context.Context) (*inventory.Key, error) {
	if k, err := r.byTag(ctx); k != nil || err != nil {
		return k, err
	}
	if k, err := r.bySerial(ctx); k != nil || err != nil {
		return k, err
	}
	k := r.presumed
	if k != nil && (k.AAGUID != r.info.AAGUID.String() || k.Firmware != r.info.Firmware()) {
		k = nil // another key was plugged in since
	}
	if !r.info.HasPIN() {
		left, err := found(r.b.cfg.Books.KeyLeftAt(ctx, r.port.ID, r.info.AAGUID.String(), r.info.Firmware()))
		if err != nil {
			return nil, err
		}
		k = left
	}
	r.guessed = k != nil
	return k, nil
}

// bySerial finds the key that has this serial. A USB serial is a claim that whole series of keys may share, and an earlier
// run wrote it into the books: it is a guess. A key that carries a live tag and did not answer to it was reset elsewhere,
// or is another one with the same number.
func (r *run) bySerial(ctx context.Context) (*inventory.Key, error) {
	for _, n := range r.names() {
		k, err := found(r.b.cfg.Books.KeyBySerial(ctx, n, r.info.AAGUID.String()))
		if err != nil {
			return nil, err
		}
		if k != nil && k.AAGUID != r.info.AAGUID.String() {
			if err := r.otherModel(n, *k); err != nil {
				return nil, err
			}
			continue
		}
		if k == nil {
			continue
		}
		regs, err := r.b.cfg.Books.Registrations(ctx, k.ID)
		if err != nil {
			return nil, fmt.Errorf("list credentials: %w", err)
		}
		r.guessed, r.denied = true, len(regs) > 0
		return k, nil
	}
	return nil, nil
}

// names lists the numbers under which the inventory may have the key: as it was found out now, as the key says it itself,
// and as it stood on a label before the key was ever plugged in.
func (r *run) names() []inventory.SerialNumber {
	number, source := r.serial()
	if source == inventory.SerialNone {
		return nil
	}
	vendor := r.port.vendor()
	all := []inventory.SerialNumber{{Vendor: vendor, Source: source, Number: number}}
	if own := r.makersNumber(); own != "" && own != number {
		all = append(all, inventory.SerialNumber{Vendor: vendor, Source: r.read.Source, Number: own})
	}
	if label, err := inventory.LabelSerial(number); err == nil && source == inventory.SerialVendor {
		all = append(all, inventory.SerialNumber{Vendor: vendor, Source: inventory.SerialLabel, Number: label})
	}
	return all
}

// otherModel is for a number that the inventory has for another model of the same vendor. In a USB descriptor that is a
// number which many keys carry, and counts no more; as the maker's own it is one of two keys that are not both genuine.
func (r *run) otherModel(n inventory.SerialNumber, k inventory.Key) error {
	if n.Source == inventory.SerialUSB {
		r.series = true
		r.reasons = append(r.reasons, fmt.Sprintf("Its USB descriptor says %s, and so does that of %s, which is another model: it is the number of no key.", n.Number, k.Tag))
		return nil
	}
	return disagreement(nil, "This key says that it is %s, and that is %s, which is another model", n.Number, string(k.Tag))
}

// byTag asks the key, in silence, which of the credentials that we know it holds. Only the key that made a credential
// answers; its signature over a fresh hash is checked.
func (r *run) byTag(ctx context.Context) (*inventory.Key, error) {
	regs, err := r.b.cfg.Books.LiveTags(ctx, r.info.AAGUID.String(), tagSearch)
	if err != nil {
		return nil, fmt.Errorf("search tags: %w", err)
	}
	for len(regs) > 0 {
		n := min(len(regs), listLimit(r.info))
		reg, err := r.whichTag(ctx, regs[:n])
		if err != nil {
			return nil, err
		}
		if reg != nil {
			r.answered = reg
			return found(r.b.cfg.Books.Key(ctx, reg.Key))
		}
		regs = regs[n:]
	}
	return nil, nil
}

// listLimit is how many credential ids the key takes at once (CTAP 2.1 §6.4 member 0x07); 1 where it does not say.
func listLimit(info ctap.Info) int { return max(1, min(info.MaxCredentialCountInList, 16)) }

// whichTag asks about a list of tags of one relying party.
func (r *run) whichTag(ctx context.Context, regs []inventory.Registration) (*inventory.Registration, error) {
	hash, err := r.b.nonce()
	if err != nil {
		return nil, err
	}
	o := RequestOptions{RPID: regs[0].RPID, ClientDataHash: hash}
	for _, reg := range regs {
		o.AllowCredential = append(o.AllowCredential, reg.CredentialID)
	}
	a, err := r.auth.Assert(ctx, o, nil)
	if refusedByKey(err) {
		return nil, r.afterRefusedProbe(ctx, err)
	}
	if err != nil {
		return nil, fmt.Errorf("ask for tags: %w", err)
	}
	for i := range regs {
		named := len(regs) == 1 || string(a.CredentialID) == string(regs[i].CredentialID)
		if named && verifies(regs[i], a, hash) {
			return &regs[i], nil
		}
	}
	return nil, nil
}

// afterRefusedProbe goes on after a key said no to a silent question. NO_CREDENTIALS is a plain no; anything else may
// have left the handle in a state of its own, so a fresh one is taken.
func (r *run) afterRefusedProbe(ctx context.Context, err error) error {
	if errors.Is(err, ctap.ErrNoCredentials) {
		return nil
	}
	return r.openKey(ctx)
}

// found turns NotFound into nil.
func found(k inventory.Key, err error) (*inventory.Key, error) {
	if inventory.KindOf(err) == inventory.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up key: %w", err)
	}
	return &k, nil
}
