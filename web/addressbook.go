package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"keystation/inventory"
)

// addressBooks is what the pages about saved addresses read and do.
type addressBooks interface {
	// AddressBook lists the addresses that a person keeps, opened for the person alone.
	AddressBook(ctx context.Context, by inventory.Actor, of inventory.PersonID) ([]inventory.SavedAddress, error)
	// SaveAddress keeps one more.
	SaveAddress(ctx context.Context, by inventory.Actor, of inventory.PersonID, label string, a inventory.Address) error
	// RemoveAddress takes one out.
	RemoveAddress(ctx context.Context, by inventory.Actor, of inventory.PersonID, id inventory.AddressID) error
}

// addressBookPage is somebody's own address book.
type addressBookPage struct {
	Book    []inventory.SavedAddress
	Label   string
	Address inventory.Address // filled in
	Wrong   string
}

func (s *Site) addressBook(c Ctx) error {
	v := visitor(c)
	return s.drawAddresses(c, http.StatusOK, addressBookPage{Address: inventory.Address{Recipient: v.Name}})
}

func (s *Site) drawAddresses(c Ctx, status int, page addressBookPage) error {
	v := visitor(c)
	var err error
	if page.Book, err = s.Books.AddressBook(c.Request().Context(), v.Actor, v.Person); err != nil {
		return fmt.Errorf("read address book: %w", err)
	}
	return s.render(c, status, "addresses", frame{Title: s.text(c, "addresses.title"), Here: "/account"}, page)
}

// saveAddress keeps an address. One that is refused comes back as it was sent.
func (s *Site) saveAddress(c Ctx) error {
	v, form := visitor(c), formValues(c)
	page := addressBookPage{Label: trimmed(form, "label"), Address: addressOf(form)}
	if page.Address.Check() != nil {
		page.Wrong = s.text(c, "ask.wrong.address")
		return s.drawAddresses(c, http.StatusBadRequest, page)
	}
	if err := s.Books.SaveAddress(c.Request().Context(), v.Actor, v.Person, page.Label, page.Address); err != nil {
		return fmt.Errorf("keep address: %w", err)
	}
	return seeOther(c, "/account/addresses")
}

func (s *Site) removeAddress(c Ctx) error {
	v := visitor(c)
	if err := s.Books.RemoveAddress(c.Request().Context(), v.Actor, v.Person, inventory.AddressID(c.Request().PostFormValue("address"))); err != nil {
		return fmt.Errorf("remove address: %w", err)
	}
	return seeOther(c, "/account/addresses")
}

// addressOf reads the fields of an address.
func addressOf(v url.Values) inventory.Address {
	to := inventory.Address{Recipient: trimmed(v, "recipient"), City: trimmed(v, "city"), PostalCode: trimmed(v, "postal"), Country: strings.ToUpper(trimmed(v, "country"))}
	for line := range strings.Lines(v.Get("street")) {
		if line = strings.TrimSpace(line); line != "" {
			to.Street = append(to.Street, line)
		}
	}
	return to
}
