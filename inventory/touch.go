package inventory

import "time"

// Touch is what a key signed when it was touched (WebAuthn Level 3 §6.3.3): it proves that the key was there, in front of
// whoever was signed in, and it can be checked again by anybody who has the registration.
type Touch struct {
	Registration      RegistrationID `json:"registration"`
	Statement         []byte         `json:"statement"`          // canonical, such as a [Taking]; its SHA-256 was the challenge
	ClientData        []byte         `json:"client_data"`        // JSON, as the browser made it (§5.8.1)
	AuthenticatorData []byte         `json:"authenticator_data"` // §6.1
	Signature         []byte         `json:"signature"`
}

// Taking is the statement that a key signs when its person takes it (DESIGN §8).
type Taking struct {
	Says        string     `json:"says"`
	Requisition string     `json:"requisition"` // its number
	Person      PersonID   `json:"person"`
	Keys        []AssetTag `json:"keys"` // the one that signs is among them
	At          time.Time  `json:"at"`
	Nonce       []byte     `json:"nonce"` // so that no statement is made twice
}

// TakingSays is the sentence of a [Taking].
const TakingSays = "This key is in my hands, and I agree to the terms on which it is given to me."

// Touchable are the keys of a requisition that its person can take at a desk by touching them.
type Touchable struct {
	Number string
	Person PersonID
	Keys   []TouchableKey
}

// TouchableKey is a key that is ready, and the credential that it signs with.
type TouchableKey struct {
	Tag          AssetTag
	Registration Registration
}

// Taking gives what one of the keys is to sign.
func (t Touchable) Taking(at time.Time, nonce []byte) Taking {
	says := Taking{Says: TakingSays, Requisition: t.Number, Person: t.Person, At: at, Nonce: nonce}
	for _, k := range t.Keys {
		says.Keys = append(says.Keys, k.Tag)
	}
	return says
}

// TakeByTouch gives the key of a line to its person, who touched it while they were signed in: the key is delivered, and
// they hold it. maker is who made the key: whoever made it for themselves has it handed over by somebody else, and signs.
func (o Order) TakeByTouch(k Key, rec Receipt, touch Touch, maker, by Actor, at time.Time) (Handing, error) {
	switch {
	case by.ID != string(o.Person.ID) || !by.Known():
		return Handing{}, Refuse(Forbidden, "Only %s takes this key by touching it, signed in.", o.Person.Name)
	case maker.ID == by.ID:
		return Handing{}, Refuse(Forbidden, "You made key %s yourself: another operator hands it over, and you sign for it.", k.Tag)
	}
	rec.How, rec.Signed, rec.Checked, rec.Touch = Touched, o.Person.Name, "", &touch
	return o.give(k, rec, by, at)
}
