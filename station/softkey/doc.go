// Package softkey is an authenticator in software that stands behind a pseudo-terminal.
// Unmodified libfido2 opens the terminal's path like a hidraw node, so tests and the
// demo go through the very code that drives real keys.
//
// Most readers need two things. [New] starts a key and [Key.Path] is what to open;
// [Key.Touch], [Key.PowerCycle], [Key.Unplug] and [Key.Plug] are the hands at the
// bench. [Config] chooses the profile (which standard, which options), how touches
// come, how slow the key is and what goes wrong ([Fault]).
//
// What it guarantees: the commands behave as CTAP 2.1 says, clause by clause, with
// the profile's deviations in one table; a reset voids every credential; no bytes in
// any order make it panic; one goroutine owns all state, and [Key.Close] waits for
// every goroutine the key started. With a state file a key comes back the same after
// its process ended.
//
// What it is not: a safe place for credentials. The attestation CA's private key is
// public knowledge and the AAGUIDs are our own, so that nobody can take such a key for
// a real model. It knows nothing of the program around it and never meets the code
// that drives it except through the terminal. Pseudo-terminals serve on Linux only;
// elsewhere, and for a USB gadget's HID node, give [Config.Open] a node of reports.
package softkey
