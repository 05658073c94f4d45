// Package station is the bench: it makes keys. One run takes one key from a port through the steps identify, reset,
// tag, seal, set-pin, configure, prove, register, force and record; a [Bench] runs many ports at once and lends them
// one pair of hands.
//
// What it knows: the order of the steps and why it is so ([plan] in run.go), what may be wiped without asking
// (stranger.go), which verdict evidence comes to, of one key at the tag step or of the
// whole fleet again (judge.go, fleet.go), what an operator switches on (session.go, hold.go, pinned.go, learn.go, stock.go), what a restarted
// program does with a run whose process died (recover.go), and which words a person reads ([Advise], [Words]). What it leaves to others: how a key is spoken to ([Authenticator]), what is plugged in
// where ([Bus]), what is written down ([Journal], [Books]), how a PIN is sealed ([Sealer]) and what is printed
// ([Printer]). It reads no file, opens no network and knows no page.
//
// Two things most readers need. First, every act is an intent in the journal before it and an outcome after it; the
// outcome of a step and the intent of the next are one synced commit, so a crash leaves at most one act in doubt and
// the table of steps says what is done about it. Second, no return code alone is believed: after a reset, a new PIN
// or a new setting a fresh handle is asked (CTAP 2.1 §6.4 authenticatorGetInfo) and must show it.
//
// Guarantees: a PIN lives in the memory of the run that made it and in the seal, and is wiped when the run ends; a
// key that may be somebody's is never reset without a person's answer for that very key; a refusal by a rule or by
// the key is a result, an I/O fault is an error; whoever starts a goroutine here waits for it.
package station
