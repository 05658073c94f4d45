package web

import (
	"fmt"
	"mime"
	"net/http"

	"keystation/inventory"
	"keystation/shipping"
)

// packet sends the packet of a key as a file. It holds an address: nothing keeps a copy on the way.
func (s *Site) packet(c Ctx) error {
	d, err := s.packable(c)
	if err != nil {
		return err
	}
	pdf, name, err := s.Packet(c.Request().Context(), d.Key.ID)
	if err != nil {
		return fmt.Errorf("draw packet: %w", err)
	}
	if name == "" {
		name = "packet-" + string(d.Key.Tag) + ".pdf"
	}
	c.Response().Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	return c.Blob(http.StatusOK, "application/pdf", pdf)
}

// label sends the label of a key as a file. A key for stock has no packet, and leaves the bench with its label all the same.
func (s *Site) label(c Ctx) error {
	d, err := s.dossier(c)
	if err != nil {
		return err
	}
	if s.Label == nil {
		return inventory.Refuse(inventory.Unavailable, "This program prints no labels: use the one that runs the bench.")
	}
	pdf, err := s.Label(d.Key.Tag, d.Key.Test)
	if err != nil {
		return fmt.Errorf("draw label: %w", err)
	}
	name := mime.FormatMediaType("attachment", map[string]string{"filename": "label-" + string(d.Key.Tag) + ".pdf"})
	c.Response().Header().Set("Content-Disposition", name)
	return c.Blob(http.StatusOK, "application/pdf", pdf)
}

// contents shows the packet of a key as a page.
func (s *Site) contents(c Ctx) error {
	d, err := s.packable(c)
	if err != nil {
		return err
	}
	if s.Contents == nil {
		return inventory.Refuse(inventory.NotFound, "The packet of key %s is there as a file only: use the button on its page.", d.Key.Tag)
	}
	p, err := s.Contents(c.Request().Context(), d.Key.ID)
	if err != nil {
		return fmt.Errorf("read packet: %w", err)
	}
	return s.render(c, http.StatusOK, "packet", frame{Title: p.Title, Here: "/keys"}, packetPage{p, d.Key.Tag})
}

// packetPage is the packet of a key.
type packetPage struct {
	shipping.Packet
	Tag inventory.AssetTag
}

// packable refuses with the reason why a key has no packet now.
func (s *Site) packable(c Ctx) (inventory.KeyDossier, error) {
	d, err := s.dossier(c)
	if err != nil {
		return d, err
	}
	if s.hasPacket(d) {
		return d, s.Books.MayPack(c.Request().Context(), visitor(c).Actor, d.For.Number)
	}
	switch {
	case s.Packet == nil:
		return d, inventory.Refuse(inventory.Unavailable, "This program prints no packets: use the one that runs the bench.")
	case d.For == nil:
		return d, inventory.Refuse(inventory.Conflict, "Key %s was made for stock: it gets a packet when a line takes it.", d.Key.Tag)
	}
	return d, inventory.Refuse(inventory.Conflict, "Key %s is %s: only a key that is ready or packed has a packet.", d.Key.Tag, d.Key.State)
}
