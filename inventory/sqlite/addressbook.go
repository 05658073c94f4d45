package sqlite

import (
	"context"

	"keystation/inventory"
)

// savedAddress opens an address of somebody's address book.
func (s *Store) savedAddress(_ context.Context, _ querier, _ inventory.PersonID, id inventory.AddressID) (inventory.Address, error) {
	return inventory.Address{}, inventory.Refuse(inventory.NotFound, "There is no saved address %s: give the address itself.", id)
}
