// Package schema is the database as SQL: numbered files that are applied in order, one transaction each.
//
// It knows tables, what a value may be (CHECK), what must exist first (foreign keys, RESTRICT throughout), what can
// be found quickly (one index for each foreign key and each question that a page or the bench asks) and what may
// never change (triggers). It knows no rule that needs words: those are methods in package inventory.
//
// Two things most readers need. First, every table that holds a noun of package inventory has one row per value and
// a column per field, so that the row can be read back and hashed; the ledger keeps that hash, which is why a column
// must not be added without its field. Second, a released file is never edited: a change is a new file with the next
// number, and there is no way back but the copy that is made before it is applied.
//
// Times are text of fixed width in UTC (2026-11-20T08:15:00.000000Z), so that text order is time order. Ids are
// UUIDv7 in text. Truth is 0 or 1. A reference to nothing is NULL; all other columns are NOT NULL unless they say so.
package schema

import "embed"

// FS holds the numbered files.
//
//go:embed *.sql
var FS embed.FS
