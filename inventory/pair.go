package inventory

import (
	"strings"
	"unicode"
)

// Held is another key of a person: one that they have, or that is made or being made for them.
type Held struct {
	Key    Key
	Line   LineID // it was or is made for; empty: for none
	Making bool   // a run has it in hand
}

// TwoMakers refuses a key for the order's line when all keys of its person would be of one maker, so that one advisory
// would take them all. A key whose maker nobody knows may be of the same maker as the others. Of two keys that are made
// at the same moment the one goes on whose line comes first.
func (o Order) TwoMakers(maker string) error {
	var same *Held
	for i, h := range o.Others {
		if maker != "" && h.Key.Maker != "" && !SameMaker(maker, h.Key.Maker) {
			return nil
		}
		if !h.Making || h.Line < o.Line.ID {
			same = &o.Others[i]
		}
	}
	if same == nil {
		return nil
	}
	who := same.Key.Maker
	if maker == "" || who == "" {
		return Refuse(Conflict, "Policy wants keys of two makers for %s, and nobody knows who made this one or %s: take a key of another maker that is in the metadata.",
			o.Person.Name, same.Key.Tag)
	}
	return Refuse(Conflict, "Policy wants keys of two makers for %s, who has %s by %s: take a key of another maker.", o.Person.Name, same.Key.Tag, who)
}

// SameMaker tells if two names mean the same maker: certificates, metadata and USB descriptors write a company's name with
// and without its form and place, so the first word counts.
func SameMaker(a, b string) bool { return firstWord(a) != "" && firstWord(a) == firstWord(b) }

func firstWord(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return ""
	}
	return words[0]
}
