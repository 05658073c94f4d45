package main

import (
	"context"

	"keystation/inventory"
)

// judgeAgain judges every key of the inventory from what was kept of it.
func (d *desk) judgeAgain(_ context.Context, _ string, _ importOutput) (*inventory.Review, error) {
	return nil, nil
}
