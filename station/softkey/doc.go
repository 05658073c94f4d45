// Package softkey is an authenticator in software that stands behind a pseudo-terminal.
// Unmodified libfido2 opens the terminal's path like a hidraw node, so tests and the
// demo go through the very code that drives real keys.
//
// Most readers need two things. [New] starts a key and [Key.Path] is what to open;
// [Key.Touch], [Key.PowerCycle], [Key.Unplug] and [Key.Plug] are the hands at the
// bench. [Config] chooses the kind of key, how touches come, how slow the key is and
// what goes wrong ([Fault]).
//
// A kind of key is a [Model]: what its getInfo says, with its quirks, timings, USB
// strings and vendor commands. It is data, and what a key can do follows from it and
// from nothing else, so [ParseModel] makes a software key of what somebody reports of
// a real one; [Model.LeftOut] says what of that cannot be done here. [Profiles] are
// the models that come with the package. A key serves all of CTAP 2.1 that needs no
// fingerprint reader and no large blobs, and U2F (FIDO U2F Raw Message Formats v1.2).
//
// Anything can go wrong on command, at any step and as often as wanted: [Fault] says
// what and where, [FaultSteps], [FaultKinds] and [EveryFault] list what there is, and
// [ParseFault] reads what a person writes.
//
// What it guarantees: the commands behave as CTAP 2.1 says, clause by clause, with
// the model's deviations as data; a reset voids every credential; no bytes in
// any order make it panic; one goroutine owns all state, and [Key.Close] waits for
// every goroutine the key started. With a state file a key comes back the same after
// its process ended.
//
// What it is not: a safe place for credentials. The attestation CA's private key is
// public knowledge and the profiles' AAGUIDs are our own, so that nobody can take such
// a key for a real model. It knows nothing of the program around it and never meets the code
// that drives it except through the terminal. Pseudo-terminals serve on Linux only;
// elsewhere give [Config.Open] a node of reports. For a USB gadget's HID function that is [OpenHIDG].
package softkey
