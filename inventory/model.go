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
