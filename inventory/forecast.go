package inventory

// ForecastRows is how many rows a list of a [Forecast] has at most. What is counted is counted in full.
const ForecastRows = 200

// Forecast is what it would come to if the whole fleet were judged by another policy, or with other metadata.
type Forecast struct {
	Keys        int `json:"keys"`         // judged
	Changed     int `json:"changed"`      // to another verdict
	Refused     int `json:"refused"`      // of those, that were not refused before
	AtDesk      int `json:"at_desk"`      // of the newly refused: would be put into quarantine
	InHands     int `json:"in_hands"`     // of the newly refused: somebody has them
	Incidents   int `json:"incidents"`    // that would be opened
	Cleared     int `json:"cleared"`      // were refused, and would not be any more
	People      int `json:"people"`       // who have, or are about to get, a newly refused key
	AlwaysUV    int `json:"always_uv"`    // keys of models on which alwaysUv is turned on when they are made
	CannotForce int `json:"cannot_force"` // keys that cannot demand a new PIN, where policy requires it
	OneMaker    int `json:"one_maker"`    // people whose keys are all of one maker, where policy wants two

	Changes []KeyForecast  `json:"changes"` // at most [ForecastRows]; newly refused ones first
	Pairs   []PairForecast `json:"pairs"`   // at most [ForecastRows]
}

// KeyForecast is a key that would get another verdict.
type KeyForecast struct {
	Key    KeyID    `json:"key"`
	Tag    AssetTag `json:"asset_tag"`
	Model  string   `json:"model"`
	State  KeyState `json:"state"`
	Tier   Tier     `json:"tier"`
	Holder Holder   `json:"holder"`
	Person PersonID `json:"person"` // who has it, or whom it was made for; empty: nobody
	Name   string   `json:"name"`
	From   Verdict  `json:"from"` // empty: it was never judged
	To     Verdict  `json:"to"`
	Reason Reason   `json:"reason"` // that decides
}

// Hits tells if the key would be newly refused.
func (f KeyForecast) Hits() bool { return f.To == Refused && f.From != Refused }

// PairForecast is a person whose keys are all of one maker.
type PairForecast struct {
	Person PersonID `json:"person"`
	Name   string   `json:"name"`
	Maker  string   `json:"maker"`
	Keys   int      `json:"keys"`
}
