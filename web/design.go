package web

import (
	"net/http"
	"slices"
	"strings"

	"keystation/inventory"
)

// designPage is one of each component, drawn by the same parts and classes as the pages.
type designPage struct {
	Badges   []badgeKind
	Choices  []group
	Keys     []inventory.KeyRow
	Seats    []inventory.Approval
	Comments []inventory.Comment

	First, More string // addresses of other pages of the list
}

// badgeKind is a kind of state with a badge for each.
type badgeKind struct {
	Kind   string
	Values []word
}

// design shows the components of a demo, which has nothing to hide.
func (s *Site) design(c Ctx) error {
	if !s.Demo {
		return inventory.Refuse(inventory.NotFound, "The components are shown in a demo only: run keystation demo.")
	}
	now := s.Now()
	page := designPage{Badges: badgeKinds(), First: "/design", More: "/design"}
	one := group{ID: "one", Legend: "One of these", Hint: "Each is as large as a thumb.", Choices: []option{
		{Name: "one", Value: "a", Label: "By phone", Hint: "ready today", On: true}, {Name: "one", Value: "b", Label: "A hardware key"}, {Name: "one", Value: "c", Label: "I do not know"}}}
	many := group{ID: "many", Legend: "Any of these", Wrong: "Tap at least one.", Choices: []option{
		{Name: "many", Value: "a", Label: "USB-C", Many: true}, {Name: "many", Value: "b", Label: "USB-A", Many: true}, {Name: "many", Value: "c", Label: "NFC", Many: true}}}
	page.Choices = []group{one, many}
	page.Keys = []inventory.KeyRow{{Key: inventory.Key{Tag: "7KQM-3XWB", State: inventory.Ready, Model: "YubiKey 5C NFC", Serial: "12345678", CreatedAt: now, ChangedAt: now}, For: &inventory.OrderRef{Number: "R-1001", Name: "Ada Lovelace", Purpose: inventory.Primary}}}
	page.Seats = []inventory.Approval{{Name: "Mary Somerville", State: inventory.ApprovalApproved, By: &inventory.Actor{Name: "Mary Somerville"}, AnsweredAt: &now, Reason: "She signs releases."},
		{Name: "Boris", State: inventory.ApprovalPassed, Note: "Away until Friday."}, {Name: "Approvers", State: inventory.ApprovalWaiting}}
	page.Comments = []inventory.Comment{{By: inventory.Actor{Name: "Grace Hopper"}, At: now, Kind: inventory.Remark, Text: "The desk is closed on Friday.\nI come on Monday."}}
	return s.render(c, http.StatusOK, "design", frame{Title: s.text(c, "title.components"), Here: "/overview"}, page)
}

func badgeKinds() []badgeKind {
	var kinds []badgeKind
	for kind, values := range words {
		k := badgeKind{Kind: kind}
		for _, w := range values {
			k.Values = append(k.Values, w)
		}
		slices.SortFunc(k.Values, func(a, b word) int { return strings.Compare(a.Name, b.Name) })
		kinds = append(kinds, k)
	}
	k := badgeKind{Kind: "key"}
	for _, w := range keyStates {
		k.Values = append(k.Values, w.word)
	}
	kinds = append(kinds, k)
	slices.SortFunc(kinds, func(a, b badgeKind) int { return strings.Compare(a.Kind, b.Kind) })
	return kinds
}
