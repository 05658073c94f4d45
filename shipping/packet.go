package shipping

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"keystation/inventory"
)

// Made is what a packet is made of: the records of one key that was made for one line.
type Made struct {
	Order  inventory.Order
	Key    inventory.Key
	Run    inventory.Run
	Parcel inventory.Parcel // its Number may be empty: the requisition's number and line then stand for it
}

// Packet is everything that is printed for one key: three parts, each with the same facts. Its texts are clean, so
// whoever draws it need not know any rule.
type Packet struct {
	Test     bool      // TEST KEY goes on every part
	Language string    // of the quick start, BCP 47
	Paper    Paper     // what the desk prints on
	Title    string    // for the document's properties and the page's title
	At       time.Time // when it was recorded, UTC; the document's own dates
	Facts    []Fact    // the record in short, on every part

	Label    Label
	KeyLabel KeyLabel // on the page of Label
	Slip     Slip
	Start    QuickStart
}

// Fact is a name and what is known under it.
type Fact struct{ Name, Value string }

// Label is the part that is glued on the parcel. It says nothing about what is inside. For a key that is picked up it
// is a card that waits at the desk with the key, and says which one.
type Label struct {
	PickUp bool     // no address was given: the key waits at the desk
	From   []string // the sender, or the name of the desk where it waits; may be empty
	To     []string // as the post wants it; these are the printed lines that the parcel keeps
	Phone  string   // for the carrier; may be empty
	Number Code     // the parcel's number
	Record string   // requisition and run in short, for what is cut from the sheet
	Card   []Fact   // of a pick-up card only: what is handed over

	Checklist []string // for the packer, beside the label
}

// Slip is the part that the packer checks and the holder keeps.
type Slip struct {
	Sender string
	For    []Fact
	Key    []Fact
	Record []Fact
	Tag    Code // the asset tag
	Where  Code // the address to open when the parcel arrives, or the asset tag
	Return []string
	Notes  []string
}

// NewPacket makes the packet of m as d sends it. It refuses as [Check] does; texts that came from the key itself or
// from its operator never refuse: what cannot be printed of them is shown as a code point.
func NewPacket(m Made, d Desk, can Glyphs) (Packet, error) {
	if err := Check(m.Order, can); err != nil {
		return Packet{}, err
	}
	if err := d.Check(can); err != nil {
		return Packet{}, err
	}
	p := Packet{Test: m.Key.Test || d.Settings.Test(), Paper: d.PrintsOn(), At: m.at(), Facts: m.facts()}
	p.Title = "Packet " + m.number() + " for key " + string(m.Key.Tag)
	url := d.Settings.PublicURL
	if p.Test {
		url = "" // a key made for localhost answers at no other address (WebAuthn Level 3 §5.1.3)
	}
	where, err := QR(Locator(url, m.Key.Tag))
	if err != nil {
		return Packet{}, err
	}
	if p.Label, err = m.label(d); err != nil {
		return Packet{}, err
	}
	if p.KeyLabel, err = NewKeyLabel(m.Key.Tag, p.Test); err != nil {
		return Packet{}, err
	}
	if p.Slip, err = m.slip(d, where, can); err != nil {
		return Packet{}, err
	}
	p.Start, err = m.quickStart(d, where, p.Test)
	p.Language = p.Start.Language
	return p, err
}

// at is the time of the record: the run's end, else the print, else the run's start.
func (m Made) at() time.Time {
	if m.Run.EndedAt != nil {
		return m.Run.EndedAt.UTC()
	}
	if !m.Parcel.PrintedAt.IsZero() {
		return m.Parcel.PrintedAt.UTC()
	}
	return m.Run.StartedAt.UTC()
}

// number is what the parcel is called on its outside.
func (m Made) number() string {
	if m.Parcel.Number != "" {
		return m.Parcel.Number
	}
	return fmt.Sprintf("%s-%d", m.Order.Requisition.Number, m.Order.Line.Position)
}

func (m Made) facts() []Fact {
	return []Fact{
		{"Requisition", m.Order.Requisition.Number},
		{"Parcel", m.number()},
		{"Key", string(m.Key.Tag)},
		{"Run", RunCode(m.Run.ID)},
		{"Recorded", m.at().Format("2 Jan 2006 15:04 UTC")},
	}
}

func (m Made) label(d Desk) (Label, error) {
	l := Label{From: d.from(), PickUp: m.Order.Address.IsZero(), Record: m.Order.Requisition.Number + " · " + RunCode(m.Run.ID)}
	var err error
	if l.Number, err = Code128(m.number()); err != nil {
		return l, err
	}
	if l.PickUp {
		m.card(&l)
		l.From = filled([]string{d.called()})
		return l, nil
	}
	l.Checklist = []string{
		"Key " + string(m.Key.Tag) + " is in it: scan the label on the key.",
		"Packing slip and quick start are in it.",
		"No PIN is in it.",
		"The bag is sealed and its number is on the slip.",
	}
	l.Phone = Clean(m.Order.Address.Phone)
	l.To, err = Lines(m.Order.Address, d.Country())
	return l, err
}

// card makes l the card of a key that is picked up at the desk.
func (m Made) card(l *Label) {
	l.To = []string{Clean(m.Order.Person.Name)}
	l.Card = []Fact{{"Requisition", m.Order.Requisition.Number}, {"Key", string(m.Key.Tag)}}
	l.Checklist = []string{
		"It is key " + string(m.Key.Tag) + ": scan the label on the key.",
		"Packing slip and quick start go with it.",
		"No PIN goes with it.",
		"The badge of the person says the name on the card.",
		"The card is signed, and stays at the desk.",
	}
}

// from gives the sender's lines, as a carrier abroad would need them.
func (d Desk) from() []string {
	if d.Return.IsZero() {
		return filled([]string{Clean(d.Name)})
	}
	lines, err := Lines(d.Return, "")
	if err != nil {
		return nil // Desk.Check has refused it
	}
	return lines
}

func (m Made) slip(d Desk, where Code, can Glyphs) (Slip, error) {
	s := Slip{
		Sender: d.name(), For: m.recipient(), Key: m.key(can), Record: m.record(d, can), Return: d.from(), Where: where,
		Notes: []string{"No PIN travels with this key. Its holder gets one after the key has arrived."},
	}
	if m.Key.Arrival == inventory.ArrivalPINFirst {
		s.Notes = []string{"No PIN travels with this key. Its holder gets it in a letter, on another day."}
	}
	if m.Order.Address.IsZero() {
		s.Return = nil // it is not sent
		s.Notes = append(s.Notes, "To be handed over at the desk: compare the name with an identity card.")
	}
	var err error
	s.Tag, err = Code128(string(m.Key.Tag))
	return s, err
}

// recipient names the holder. For the critical tier the name is all: no account name is in the parcel.
func (m Made) recipient() []Fact {
	p := m.Order.Person
	facts := []Fact{{"Name", Clean(p.Name)}}
	if m.Order.Requisition.Tier == inventory.Critical {
		return facts
	}
	return present(append(facts, Fact{"Department", Clean(p.Department)}))
}

func (m Made) key(can Glyphs) []Fact {
	return []Fact{
		{"Asset tag", string(m.Key.Tag)},
		{"Model", orDash(visible(m.Key.Model, can))},
		{"Serial", m.serial(can)},
		{"Firmware", orDash(visible(m.Key.Firmware, can))},
		{"Purpose", orDash(string(m.Order.Line.Purpose))},
	}
}

// serial shows the end of the serial number only: enough to compare with the key's back.
func (m Made) serial(can Glyphs) string {
	serial := []rune(m.Key.Serial)
	if len(serial) == 0 || m.Key.SerialSource == inventory.SerialNone {
		return "none"
	}
	if len(serial) <= 4 {
		return visible(string(serial), can)
	}
	return "…" + visible(string(serial[len(serial)-4:]), can)
}

func (m Made) record(d Desk, can Glyphs) []Fact {
	operator := visible(m.Run.Operator.Name, can)
	if m.Run.Operator.Method == inventory.ByClaim {
		operator += " (claimed)"
	}
	line := m.Order.Line
	return present([]Fact{
		{"Requisition", m.Order.Requisition.Number},
		{"Line", strconv.Itoa(line.Position)},
		{"Tier", string(m.Order.Requisition.Tier)},
		{"Parcel", m.number()},
		{"Run", RunCode(m.Run.ID)},
		{"Recorded", m.at().Format("2 Jan 2006 15:04 UTC")},
		{"Operator", operator},
		{"Attestation", string(m.Key.Verdict)},
		{"Relying party", d.Settings.RPID},
		{"Model id (AAGUID)", m.Key.AAGUID},
	})
}

func present(facts []Fact) []Fact {
	var out []Fact
	for _, f := range facts {
		if strings.TrimSpace(f.Value) != "" {
			out = append(out, f)
		}
	}
	return out
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
