package shipping

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"keystation/inventory"
)

// Glyphs tells if a character can be printed, right and visibly. The fonts of shipping/pdf provide one.
type Glyphs func(r rune) bool

// MaxLine is how many characters one field of an address or a name may have. What is shorter may still be too wide
// for a label; that is measured when the packet is laid out.
const MaxLine = 100

// field is a text with the name under which a refusal speaks of it.
type field struct{ name, text string }

// Clean gives text as it is printed: in normalization form C (Unicode Standard Annex #15), so that e and a combining
// accent become é, and with every run of white space as one space.
func Clean(text string) string { return strings.Join(strings.Fields(norm.NFC.String(text)), " ") }

// Check refuses an order whose packet could not be printed, before any key is touched. It names the field and the
// character, or the field that is too long.
func Check(o inventory.Order, can Glyphs) error {
	fields := append([]field{{"name", o.Person.Name}, {"department", o.Person.Department}}, addressFields("", o.Address)...)
	if err := checkFields(fields, can); err != nil {
		return err
	}
	if o.Address.IsZero() {
		return nil
	}
	if err := o.Address.Check(); err != nil {
		return err
	}
	_, err := Lines(o.Address, "")
	return err
}

// addressFields lists the fields of a with the words that people use for them.
func addressFields(prefix string, a inventory.Address) []field {
	fields := []field{{prefix + "recipient", a.Recipient}, {prefix + "company", a.Company}}
	for _, line := range a.Street {
		fields = append(fields, field{prefix + "street", line})
	}
	return append(fields, field{prefix + "city", a.City}, field{prefix + "region", a.Region},
		field{prefix + "postal code", a.PostalCode}, field{prefix + "phone", a.Phone})
}

func checkFields(fields []field, can Glyphs) error {
	for _, f := range fields {
		if err := inventory.CheckText(f.name, f.text); err != nil {
			return err
		}
		if err := CheckGlyphs(f.name, Clean(f.text), can); err != nil {
			return err
		}
		if n := utf8.RuneCountInString(Clean(f.text)); n > MaxLine {
			return inventory.Refuse(inventory.Invalid, "The %s has %d characters, more than the %d that fit on a label: shorten it.", f.name, n, MaxLine)
		}
	}
	return nil
}

// CheckGlyphs refuses the first character of text that can does not know, naming it and its code point. A combining
// mark needs a letter before it.
func CheckGlyphs(name, text string, can Glyphs) error {
	before := ' '
	for _, r := range text {
		if !can(r) || unicode.Is(unicode.M, r) && !unicode.IsLetter(before) && !unicode.Is(unicode.M, before) {
			return missing(name, r)
		}
		before = r
	}
	return nil
}

func missing(name string, r rune) error {
	shown := string(r)
	if unicode.Is(unicode.M, r) {
		shown = "\u25cc" + shown // a mark is shown on a dotted circle
	}
	if !unicode.IsGraphic(r) {
		return inventory.Refuse(inventory.Invalid, "The %s has the invisible character U+%04X: remove it.", name, r)
	}
	return inventory.Refuse(inventory.Invalid, "The %s has the character ‘%s’ (U+%04X), which this printer's fonts do not have: "+
		"write it in Latin, Cyrillic or Greek letters.", name, shown, r)
}

// visible gives text that came from a machine rather than from the order, such as the model's name in a USB
// descriptor, with every character that cannot be printed replaced by its code point: by then a key has been made,
// and its record must still be printed.
func visible(text string, can Glyphs) string {
	var b strings.Builder
	before := ' '
	for _, r := range Clean(text) {
		if CheckGlyphs("", string([]rune{before, r}), can) != nil {
			b.WriteString("<U+" + strings.ToUpper(hex4(r)) + ">")
			before = ' '
			continue
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}
