package sqlite

import (
	"database/sql"
	"encoding/hex"
	"encoding/json"

	"keystation/inventory"
	"keystation/inventory/ledger"
)

// leaf is an entry as it was read, with all that can be said of it alone.
type leaf struct {
	seq        int64
	text       []byte // of the header
	commitment string
	header     inventory.Header
	odd        bool // the text is no header
	payload    payloadState
}

// payloadState says what became of the payload that an entry commits to.
type payloadState int

const (
	payloadThere payloadState = iota
	payloadGone
	payloadChanged
)

// readAhead is how many entries are handed over at once.
const readAhead = 256

// readLeaves hands the rows over in batches until there are no more or enough is closed.
func readLeaves(rows *sql.Rows, batches chan<- []leaf, enough <-chan struct{}) error {
	batch := make([]leaf, 0, readAhead)
	hand := func() bool {
		select {
		case batches <- batch:
			batch = make([]leaf, 0, readAhead)
			return true
		case <-enough:
			return false
		}
	}
	for rows.Next() {
		l, err := readLeaf(rows)
		if err != nil {
			return err
		}
		batch = append(batch, l)
		if len(batch) == readAhead && !hand() {
			return nil
		}
	}
	hand()
	return rows.Err()
}

func readLeaf(rows *sql.Rows) (leaf, error) {
	var l leaf
	var salt, payload sql.RawBytes
	if err := rows.Scan(&l.seq, &l.text, &l.commitment, &salt, &payload); err != nil {
		return l, err
	}
	l.odd = json.Unmarshal(l.text, &l.header) != nil
	l.payload = stateOf(l.commitment, salt, payload)
	return l, nil
}

func stateOf(commitment string, salt, payload []byte) payloadState {
	if salt == nil {
		return payloadGone
	}
	var sum [32]byte
	if len(salt) == len(sum) {
		sum = ledger.Commit([32]byte(salt), payload)
	}
	if hex.EncodeToString(sum[:]) != commitment {
		return payloadChanged
	}
	return payloadThere
}
