package inventory

// ForecastRows is how many rows a list of a [Forecast] has at most. What is counted is counted in full.
const ForecastRows = 200

// Forecast is what it would come to if the whole fleet were judged by another policy, or with other metadata.
type Forecast struct {
	Keys        int // judged
	Changed     int // to another verdict
	Refused     int // of those, that were not refused before
	AtDesk      int // of the newly refused: would be put into quarantine
	InHands     int // of the newly refused: somebody has them
	Incidents   int // that would be opened
	Cleared     int // were refused, and would not be any more
	People      int // who have, or are about to get, a newly refused key
	AlwaysUV    int // keys of models on which alwaysUv is turned on when they are made
	CannotForce int // keys that cannot demand a new PIN, where policy requires it
	OneMaker    int // people whose keys are all of one maker, where policy wants two

	Changes []KeyForecast  // at most [ForecastRows]; newly refused ones first
	Pairs   []PairForecast // at most [ForecastRows]
}

// KeyForecast is a key that would get another verdict.
type KeyForecast struct {
	Key    KeyID
	Tag    AssetTag
	Model  string
	State  KeyState
	Tier   Tier
	Holder Holder
	Person PersonID // who has it, or whom it was made for; empty: nobody
	Name   string
	From   Verdict // empty: it was never judged
	To     Verdict
	Reason Reason // that decides
}

// Hits tells if the key would be newly refused.
func (f KeyForecast) Hits() bool { return f.To == Refused && f.From != Refused }

// PairForecast is a person whose keys are all of one maker.
type PairForecast struct {
	Person PersonID
	Name   string
	Maker  string
	Keys   int
}
