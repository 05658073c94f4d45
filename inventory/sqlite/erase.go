package sqlite

import (
	"context"
	"fmt"

	"keystation/inventory"
)

// payloadSubject names a payload among the subjects of the entry that erases it.
const payloadSubject = "payload:"

// PayloadErased is the payload of ledger.erased.
type PayloadErased struct {
	Why string `json:"why"`
}

// ErasePayloads takes the names, reasons and free text of entries away, with their salts: nobody can show any more what
// they said. The entries themselves stay, and one entry says which payloads went.
func (s *Store) ErasePayloads(ctx context.Context, by inventory.Actor, of []int64, why string) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		ev := inventory.Event{Action: "ledger.erased", Payload: PayloadErased{why}}
		for _, seq := range of {
			ev.Subjects = append(ev.Subjects, fmt.Sprint(payloadSubject, seq))
		}
		if err := tx.log(ctx, ev); err != nil {
			return err
		}
		for _, seq := range of {
			if _, err := tx.sql.ExecContext(ctx, "DELETE FROM ledger_payloads WHERE seq = $1", seq); err != nil {
				return fmt.Errorf("erase payload %d: %w", seq, err)
			}
		}
		return nil
	})
}
