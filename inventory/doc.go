// Package inventory is the ground of keystation: what is written down about keys, people, requisitions, custody,
// runs and everything else that an auditor may one day ask for.
//
// It holds the nouns and their rules and nothing else. A rule is a pure method: a value goes in, a value and an
// [Event] come out, or an [Error] that refuses with a sentence for the person who tried. No method reads a clock,
// a file or a database; whoever calls brings the time and the actor. So an auditor can read the rules here without
// learning anything about SQLite, USB or HTML.
//
// Two things most readers need. First, the state of a [Key] is neither its place nor its holder: the state says
// what may happen next (one table, [Edges]), and who holds the key is a [Custody] row of its own, of which exactly
// one is open. Second, a provisioning [Run] is evidence about an asset, so its journal (one [Entry] per intent and
// per outcome) is a noun of this package; the bench writes it, this package says what it may contain.
//
// Guarantees: nothing here prints, logs or encodes a [PIN]; canonical bytes ([Canonical]) are the same for the same
// value on every machine; and the package imports the standard library and uuid only.
package inventory
