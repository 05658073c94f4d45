// Package fido2 speaks to security keys through libfido2. It holds all of this program's C.
//
// What it knows: how a key's node is opened and locked, what passes over it, and which of libfido2's codes mean an
// answer of the key and which a broken connection. Finding keys is left to go-libfido2 ([Attached]); where they are
// plugged in is package usb's to say; what to do with them is the bench's.
//
// Most readers need two things. [Open] gives a [Key], which is a station.Authenticator: one open, locked node for as
// long as it lives. And an error either carries a ctap.Status or a ctap.PINError, which is what the key answered, or
// it is a fault of the connection, after which the Key refuses everything but Close.
//
// What libfido2 does not show, the bytes and the status of single commands, a [Raw] does without it: for probes of keys.
//
// libfido2 is given reads and writes of our own (fido_dev_set_io_functions), for five reasons. Its own open asks for
// the lock for twenty-one seconds and cannot say why it failed; the descriptor it makes is inherited by child
// processes and can become a controlling terminal. It swallows the keepalives that tell whether a touch is awaited
// (CTAP 2.1 §11.2.9.2.2). It hides the members of getInfo that are younger than itself. Its timeouts leave the late
// answer in the pipe, where the next command takes it for its own. And a cancel has to be sent between a whole
// request and its answer, which only the reader can know.
//
// Guarantees: no call outlives its context by more than the three seconds a canceled key has to answer; a key that
// is silent for ten seconds, or a minute where a touch is due, or works for twenty without asking for one, is given
// up; Close never frees what a call still uses; a PIN is copied once into C memory and wiped there when the call
// returns; no answer makes libfido2 allocate more than it brings; nothing but a hidraw node of a FIDO key or a
// terminal in raw mode is ever written to.
//
// It runs with every libfido2 from 1.12 on, whichever it was compiled with: younger functions are looked up when the
// program runs ([Supports]). fido_init(3) works per thread, so the one C function that opens calls it too.
package fido2
