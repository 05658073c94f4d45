// Package shipping knows what goes out of the door: the packet that is printed for a key, the lines of an address as
// the post of each country wants them, and the codes that a scanner reads. It draws nothing; package shipping/pdf
// and the pages of the web make paper and HTML of the same [Packet], so the two cannot disagree.
//
// Two things most readers need. First, [Check] is asked before any key is touched: it refuses an order whose address
// or name could not be printed, naming field, character and code point, because a blank in a house number sends a
// key to a stranger. What can be printed is told by a [Glyphs] func, which the fonts provide. Second, [NewPacket]
// makes the packet out of the records of the run, the key and the requisition, never out of what somebody types, and
// every part of it carries the same [Fact]s, the short code of the run among them.
//
// Guarantees: no PIN is anywhere in a packet (this package is never given one), no secret is in a code or an address
// to type, no account name (an e-mail address, a directory id) is in a packet of the critical tier, and a key made
// for localhost says TEST KEY on every part. The same input gives the same packet.
package shipping
