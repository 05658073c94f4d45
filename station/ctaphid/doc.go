// Package ctaphid puts CTAP messages into the 64-byte reports of a USB HID interface
// and takes them out again: initialization and continuation packets, channels, the
// commands and error codes of the transport (CTAP 2.1 §11.2).
//
// Most readers need two things. [Packets] turns a [Message] into reports, for either
// side. [Assembler] turns reports back into messages for one side of one device; a
// host asks it for one channel, a device lets it keep the channel of a transaction.
//
// What it guarantees: a message is at most [MaxMessage] bytes long in both directions,
// a packet out of sequence never ends up in a message, and no bytes make it panic. It
// opens nothing, waits for nothing and reads no clock: whoever owns the node owns the
// time-outs. A host writes [OutReport] bytes, the report id 0 in front of the 64; both
// sides read 64.
package ctaphid
