package web

import (
	"fmt"
	"mime"
	"net/http"

	"keystation/inventory"
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

// packable refuses with the reason why a key has no packet now.
func (s *Site) packable(c Ctx) (inventory.KeyDossier, error) {
	d, err := s.dossier(c)
	if err != nil || s.hasPacket(d) {
		return d, err
	}
	switch {
	case s.Packet == nil:
		return d, inventory.Refuse(inventory.Unavailable, "This program prints no packets: use the one that runs the bench.")
	case d.For == nil:
		return d, inventory.Refuse(inventory.Conflict, "Key %s was made for stock: it gets a packet when a line takes it.", d.Key.Tag)
	}
	return d, inventory.Refuse(inventory.Conflict, "Key %s is %s: only a key that is ready or packed has a packet.", d.Key.Tag, d.Key.State)
}
