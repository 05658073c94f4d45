package main

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"keystation/inventory"
)

func TestReport(t *testing.T) {
	refused := inventory.Refuse(inventory.Conflict, "Key K-7 is in somebody's custody: take it back first.")
	tests := []struct {
		name string
		err  error
		code int
		line string
	}{
		{"done", nil, 0, ""},
		{"a fault", errors.New("open ledger: no space left on device"), 1, "Open ledger: no space left on device.\n"},
		{"a sentence, not its chain", &inventory.Error{Msg: "The disk is full.", Err: errors.New("write: ENOSPC")}, 1, "The disk is full.\n"},
		{"a sentence further in", fmt.Errorf("pack: %w", refused), 1, "Key K-7 is in somebody's custody: take it back first.\n"},
		{"usage", usagef("--db is missing"), exitUsage, "--db is missing.\n"},
		{"all said already", exitError{code: exitKeys}, 3, ""},
		{"the ledger", exitError{exitLedger, errors.New("entry 12 does not fit")}, 4, "Entry 12 does not fit.\n"},
		{"a file", errors.New("keys.db exists already"), 1, "keys.db exists already.\n"},
		{"one line only", errors.New("first\nsecond"), 1, "First.\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if code := report(&out, tt.err); code != tt.code || out.String() != tt.line {
				t.Errorf("report = %d, %q; want %d, %q", code, out.String(), tt.code, tt.line)
			}
		})
	}
}
