package attest

import (
	"cmp"
	"slices"
	"time"
)

// rules holds the key against what policy asks of its model and what the metadata say of it.
func (h *hearing) rules() {
	r, model := h.trust.Rules, h.modelName()
	if slices.Contains(r.Deny, h.AAGUID) {
		h.find(Denied, "Policy denies the model %s.", model)
	}
	if len(r.Allow) > 0 && !slices.Contains(r.Allow, h.AAGUID) {
		h.find(NotAllowed, "The model %s is not among those that policy allows.", model)
	}
	h.firmwareRule(model)
	if h.trust.Catalog == nil {
		if r.Level != "" {
			h.find(NoMetadata, "Policy asks for certification at level %s, and there is no metadata that could tell it.", r.Level)
		}
		return
	}
	if h.entry == nil {
		h.find(NotInMetadata, "The model %s is not in the metadata, so nothing is known of its certification and its faults.", model)
		return
	}
	h.statuses(model)
}

func (h *hearing) firmwareRule(model string) {
	least, asked := h.trust.Rules.MinFirmware[h.AAGUID]
	has := h.firmware()
	switch {
	case !asked:
	case has == "":
		h.find(UnknownFirmware, "Policy asks for firmware %s or newer of the model %s, and the key does not say which it has.", least, model)
	case CompareFirmware(has, least) < 0:
		h.find(OldFirmware, "The key has firmware %s, and policy asks for %s or newer of the model %s.", has, least, model)
	}
}

// firmware is what the key says it has, else what its certificate says of the batch.
func (h *hearing) firmware() string { return cmp.Or(h.evidence.Firmware, h.Facts.YubicoFirmware) }

// statuses looks at the status reports in effect, and at the certification.
func (h *hearing) statuses(model string) {
	for _, r := range h.entry.Undesired(h.at, h.trust.Rules.Undesired, h.firmware(), h.chain) {
		code := UndesiredStatus
		if r.Status == Revoked {
			code = RevokedModel
		}
		h.find(code, "The metadata say of the model %s: %s.", model, r)
	}
	for _, r := range h.entry.Updates(h.at) {
		h.find(Update, "There is newer firmware for the model %s (%s).", model, r)
	}
	if least := h.trust.Rules.Level; least != "" {
		if has := h.entry.Level(h.at); !has.AtLeast(least) {
			h.find(LowLevel, "Policy asks for certification at level %s, and the model %s %s.", least, model, has.said())
		}
	}
	if c := h.trust.Catalog; c.Overdue(h.at) {
		h.find(Overdue, "The metadata are old: number %d should have been followed by another by %s.", c.No, c.NextUpdate.Format(time.DateOnly))
	}
}

func (l Level) said() string {
	if l == "" {
		return "is not certified"
	}
	return "is certified at " + string(l)
}

// modelName is what people call the model, else its AAGUID.
func (h *hearing) modelName() string {
	if h.entry != nil {
		return h.entry.named()
	}
	return h.AAGUID.String()
}
