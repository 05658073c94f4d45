// Package mail writes what people are told by mail, and sees that it leaves the house.
//
// It knows the words of each kind of letter in each language (words/*.json), how a letter becomes a mail in plain text and
// simple HTML, and how a mail server is spoken to. What a letter is about, and that it is put down with the act that it tells
// of, is the inventory's; this room takes due letters out of the outbox, hands them over, and tries again later when that
// fails.
//
// Two things most readers need. First, a letter holds facts and this room adds words: there is no place where an address, a
// PIN or a serial number could come in. Second, links lead to pages of ours and change nothing by being opened: mail scanners
// open every link there is.
//
// Guarantees: a letter stays in the outbox until a mail server took it, however long that is; a server that is away is asked
// again with growing pauses of an hour at most, and other letters are not held up by one that is refused; passwords cross
// the network under TLS only; and every mail of one letter has the same Message-ID, so that one that was sent twice by a crash
// shows as one.
package mail
