package inventory

import "time"

// ModelFacts is what the metadata say about a model, as of a day.
type ModelFacts struct {
	AAGUID       string        `json:"aaguid"` // empty for a U2F model
	Name         string        `json:"name"`
	Maker        string        `json:"maker"`
	Level        string        `json:"level"` // of certification, such as L1; empty: none
	Statuses     []ModelStatus `json:"statuses"`
	Versions     []string      `json:"versions"`     // that it speaks: FIDO_2_1 …
	Attestations []string      `json:"attestations"` // basic_full …
	Roots        []string      `json:"roots"`        // subjects
	Icon         bool          `json:"icon"`         // there is a picture of it
	Metadata     int64         `json:"metadata"`     // number of the BLOB that says so
}

// ModelStatus is one status of a model in effect.
type ModelStatus struct {
	Status    string    `json:"status"`
	Since     time.Time `json:"since"`
	Number    string    `json:"number"` // of the FIDO certificate
	URL       string    `json:"url"`
	Undesired bool      `json:"undesired"` // it speaks against the model
	Update    bool      `json:"update"`    // it tells of newer firmware
}

// ModelRow is a model of which there are keys, in a list.
type ModelRow struct {
	AAGUID  string
	Name    string // as the newest of its keys is called
	AtDesk  int    // received, ready, packed, returned, quarantined
	InHands int    // with people, or on the way to or from them
	Gone    int    // lost, stolen, damaged, retired
	Genuine int
	Unknown int
	Refused int
}

// Keys is how many keys there are of the model.
func (r ModelRow) Keys() int { return r.AtDesk + r.InHands + r.Gone }

// ModelDossier is all that the inventory has of a model.
type ModelDossier struct {
	ModelRow
	States   map[KeyState]int
	Firmware []FirmwareSpread // the oldest first
}

// FirmwareSpread is how many keys of a model have a firmware.
type FirmwareSpread struct {
	Version string // empty: not told
	Keys    int
	InHands int
}

// Count adds keys in one state and with one verdict.
func (r *ModelRow) Count(state KeyState, verdict Verdict, n int) {
	switch {
	case state == Lost || state == Stolen || state == Damaged || state == Retired:
		r.Gone += n
	case state.WithSomebody() && state != Packed:
		r.InHands += n
	default:
		r.AtDesk += n
	}
	switch verdict {
	case Genuine:
		r.Genuine += n
	case Unknown:
		r.Unknown += n
	case Refused:
		r.Refused += n
	}
}

// Attested is what the kept attestation of a key says, as people look at it.
type Attested struct {
	Format     string
	Chain      []ChainLink // from the attestation certificate to the root, as far as it goes
	Device     string      // as the maker calls it; empty: not said
	Firmware   string      // of the batch; empty: not said
	FIPS       bool
	Transports []string
	Serial     string // enterprise attestation's, hexadecimal; empty: none
}

// ChainLink is one certificate of a chain.
type ChainLink struct {
	Subject, Issuer string
	From, Until     time.Time
	SHA256          string // hexadecimal
}
