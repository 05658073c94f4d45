package web

import (
	"context"
	"fmt"

	"keystation/inventory"
)

// groundBooks tells what keys are judged by, and how far that is.
type groundBooks interface {
	// MetadataInfo gives the newest metadata without their bytes; number 0: there are none.
	MetadataInfo(ctx context.Context) (inventory.Metadata, error)
	// LastReview gives the judging of the fleet that was begun last; NotFound when there was none.
	LastReview(ctx context.Context) (inventory.Review, error)
}

// grounds is what a page says of what keys are judged by, where something is to be said.
type grounds struct {
	Metadata inventory.Metadata
	Overdue  bool
	Review   *inventory.Review // that is not through; nil: none
}

func (s *Site) grounds(ctx context.Context) (grounds, error) {
	m, err := s.Books.MetadataInfo(ctx)
	if err != nil {
		return grounds{}, fmt.Errorf("read metadata: %w", err)
	}
	g := grounds{Metadata: m, Overdue: m.Overdue(s.Now())}
	last, err := s.Books.LastReview(ctx)
	if err != nil && inventory.KindOf(err) != inventory.NotFound {
		return g, fmt.Errorf("read last review: %w", err)
	}
	if err == nil && last.EndedAt == nil {
		g.Review = &last
	}
	return g, nil
}

// overdue gives the metadata when newer ones should have come by now, else nil: whatever shows a verdict says so.
func (s *Site) overdue(ctx context.Context) (*inventory.Metadata, error) {
	m, err := s.Books.MetadataInfo(ctx)
	if err != nil {
		return nil, fmt.Errorf("read metadata: %w", err)
	}
	if !m.Overdue(s.Now()) {
		return nil, nil
	}
	return &m, nil
}
