// Package sqlite keeps the inventory in one SQLite file.
//
// What it knows: which noun of package inventory stands in which table, which statements answer the questions of the
// bench and of the pages, and how an act, the rows it changes and the ledger entry that says so become one
// transaction. What it leaves to others: the rules (methods of inventory's types, asked here with the rows as they
// are at that moment), the tree (package ledger) and the tables (package schema).
//
// Two things most readers need. First, every write goes through [Store.update]: it notes the hash of each row that is
// saved, and each event becomes a leaf that carries the hashes noted since the one before; rows without an event are
// refused. So a store method is a transaction script: read, ask the rule, save, log. Second, writers do not queue for
// the disk one by one: whoever comes first commits for all who wait (group.go), each in a savepoint, so that one
// refusal spoils nobody else's work and sixteen ports share one sync.
//
// A transaction that has begun is not cancelled: SQLite answers an interrupted write by rolling back everything,
// other people's work included. A context is therefore asked before, never between.
//
// Guarantees: when a writing method returns nil, rows and ledger entry are on the disk; when it returns an error,
// neither is there. One connection writes, with immediate transactions; pages read through a pool that cannot write.
// Several processes may have the file open. Statements use $1, $2 … in order of first use (SQLite counts them so, not
// by their number; where that cannot be, ?1, ?2) and mostly the common subset of SQLite and PostgreSQL; what only
// SQLite knows about files, faults and pragmas stands in engine.go and file.go.
package sqlite
