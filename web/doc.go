// Package web is the two surfaces: the desk, which shows what the station does and what the inventory knows (the live
// bench, keys, requisitions, people, runs, the ledger's head, the packet of a key), and the people's pages, on which keys are
// asked for, decided about and looked after. Both have the same way in: an identity provider (OpenID Connect) or passkeys,
// with sessions in the books and roles that are read anew at each request. Texts of the people's pages stand in texts, one
// file for each language.
//
// It is handed everything: the bench's feed, the books it reads, a function that draws a packet, and in a demo a pair
// of hands. It opens no database, no device and no network, and it holds no rule about keys: a page may only ask, and
// whoever is asked refuses with a sentence, which the page shows.
//
// Two things most readers need. First, routes.go is the one list: path, who may come in, on which surface, and what
// for. Second, every page works without script; the bench reloads itself then, and with script follows the feed by
// server-sent events whose ids are the feed's numbers, so that a browser that was away goes on where it stopped
// (HTML Living Standard §9.2, Last-Event-ID).
//
// Guarantees: GET decides nothing; requests of other sites are refused, and so are requests for another host name (a
// page elsewhere could otherwise point its own name at this machine); nothing runs or loads that this package does
// not carry itself (Content-Security-Policy without inline); a watcher that stops reading is let go and never holds
// up a key; an error that is not meant for people shows a code only, and the log has the chain under that code.
package web
