package station

import (
	"context"

	"keystation/inventory"
)

// Journal is where the bench writes what it is about to do and what came of it. Every call is one synced commit, or
// an error and nothing written; calls of several ports at the same time may share a commit.
type Journal interface {
	// Begin writes a new run and its first intent.
	Begin(ctx context.Context, run inventory.Run, first inventory.Entry) error
	// Append writes entries of one run in order, each with its facts, all or none.
	Append(ctx context.Context, by inventory.Actor, es ...inventory.Entered) error
	// Unfinished lists the runs without an end that no living process owns. It takes their ownership for owner.
	Unfinished(ctx context.Context, owner string) ([]inventory.Unfinished, error)
	// Unprinted lists the ready keys with a line that have no printed packet and that no living process but owner made.
	Unprinted(ctx context.Context, owner string) ([]inventory.Made, error)
}

// Books is what the bench reads in the inventory, and how it takes a line.
type Books interface {
	// Key gives a key by its id.
	Key(ctx context.Context, id inventory.KeyID) (inventory.Key, error)
	// KeyBySerial gives the key with this serial number, of any model of its vendor; where either vendor is not known, or
	// only the end of the number, of this model. NotFound when there is none.
	KeyBySerial(ctx context.Context, number inventory.SerialNumber, aaguid string) (inventory.Key, error)
	// KeyLeftAt gives the key in stock that has no serial and no live credential and whose last run was at this port with
	// this model and firmware: a blank key that a run left there. NotFound when there is none.
	KeyLeftAt(ctx context.Context, port, aaguid, firmware string) (inventory.Key, error)
	// LiveTags lists the tag credentials that keys of this AAGUID may still hold, those of keys that may be at the bench before
	// those with people, newest first, at most limit.
	LiveTags(ctx context.Context, aaguid string, limit int) ([]inventory.Registration, error)
	// Registrations lists the live credentials that we know on a key.
	Registrations(ctx context.Context, key inventory.KeyID) ([]inventory.Registration, error)
	// Run gives a run by its id.
	Run(ctx context.Context, id inventory.RunID) (inventory.Run, error)
	// Order gives a line with its requisition, person and opened address.
	Order(ctx context.Context, id inventory.LineID) (inventory.Order, error)
	// TakeLine gives the run the next open line of an approved requisition that is wanted, oldest first, in a commit of
	// its own. NotFound when there is none. Model and connector are not looked at.
	TakeLine(ctx context.Context, by inventory.Actor, run inventory.RunID, want inventory.Want) (inventory.Order, error)
	// ReleaseLine gives back the line that the run holds, if any.
	ReleaseLine(ctx context.Context, by inventory.Actor, run inventory.RunID) error
}

// Sealer closes a PIN so that the bench cannot open it again.
type Sealer interface {
	Seal(run inventory.RunID, key inventory.KeyID, pin inventory.PIN) (blob []byte, err error)
}

// Printer makes the packet of a key, and its label. It is asked before the key is touched if it could, and prints after the record.
type Printer interface {
	// Check refuses an order whose packet cannot be printed, naming the character or the folder.
	Check(ctx context.Context, o inventory.Order) error
	// Print makes the packet and gives its path.
	Print(ctx context.Context, o inventory.Order, k inventory.Key, run inventory.Run) (path string, err error)
	// Label prints the label that goes on a key.
	Label(ctx context.Context, k inventory.Key) error
}
