package web

import "net/http"

// route is one line of the one list.
type route struct {
	method, path string
	permission   permission
	surface      surface
	doc          string
	do           func(*Site, Ctx) error
}

// routes is the one list: what is not in it does not exist.
var routes = []route{
	{get, "/", people, both, "the way in: whatever this person most likely came for", (*Site).home},
	{get, "/overview", readers, desk, "counts, what is open and the next thing to do", (*Site).overview},

	{post, "/language", anybody, both, "read the pages in another language", (*Site).setLanguage},
	{get, "/healthz", anybody, both, "ok when the books can be read", (*Site).health},
	{get, "/static/:name", anybody, both, "style, scripts, icon; names change with content", (*Site).asset},

	{get, "/signin", anybody, both, "the door", (*Site).signIn},
	{post, "/signin/demo", anybody, both, "demo: be somebody", (*Site).signInDemo},
	{get, "/signin/oidc", anybody, both, "to the identity provider", (*Site).leave},
	{get, "/signin/callback", anybody, both, "back from the identity provider", (*Site).arrive},
	{post, "/signin/passkey/begin", anybody, both, "ask the browser for a passkey", (*Site).beginPasskeySignIn},
	{post, "/signin/passkey", anybody, both, "come in by passkey", (*Site).finishPasskeySignIn},
	{get, "/signin/again", people, both, "show once more who you are", (*Site).signInAgain},
	{post, "/signin/again/begin", people, both, "ask the browser for a passkey once more", (*Site).beginAgain},
	{post, "/signin/again", people, both, "show once more who you are, by passkey", (*Site).finishAgain},
	{post, "/signout", people, both, "end the session, or all of one's sessions", (*Site).signOut},
	{get, "/invitation/:token", anybody, both, "whom a link invites", (*Site).invitation},
	{post, "/invitation/:token/begin", anybody, both, "ask the browser to make a passkey by an invitation", (*Site).beginInvitation},
	{post, "/invitation/:token", anybody, both, "keep it, which uses the invitation up", (*Site).finishInvitation},
	{get, "/setup", anybody, desk, "the first admin: type the code from the terminal", (*Site).setupPage},
	{post, "/setup/begin", anybody, desk, "take the code and ask the browser to make a passkey", (*Site).beginSetup},
	{post, "/setup", anybody, desk, "make the first admin", (*Site).finishSetup},
	{get, "/account", people, both, "how one comes in: passkeys, sessions", (*Site).account},
	{post, "/account/passkey/begin", people, both, "ask the browser to make another passkey", again((*Site).beginAdd)},
	{post, "/account/passkey", people, both, "keep it", (*Site).finishAdd},
	{post, "/account/passkey/rename", people, both, "call a passkey something else", (*Site).renamePasskey},
	{post, "/account/passkey/remove", people, both, "remove a passkey", again((*Site).removePasskey)},
	{get, "/account/addresses", people, both, "one's address book", (*Site).addressBook},
	{post, "/account/addresses", people, both, "keep an address", again((*Site).saveAddress)},
	{post, "/account/addresses/remove", people, both, "remove one", (*Site).removeAddress},
	{get, "/approvals", approvers, both, "what waits for one's decision", (*Site).approvals},
	{post, "/approvals", approvers, both, "approve what is ticked, each for itself", (*Site).approveBatch},
	{get, "/approvals/:number", approvers, both, "one case: the facts, then yes, no or a question", (*Site).approval},
	{post, "/approvals/:number/approve", approvers, both, "answer one's seat with yes", (*Site).approveCase},
	{post, "/approvals/:number/reject", approvers, both, "answer it with no, and why", (*Site).rejectCase},
	{post, "/approvals/:number/ask", approvers, both, "ask who asked; the clock stands until they answer", (*Site).askBack},
	{post, "/approvals/:number/undo", approvers, both, "take a yes back until the bench has a key of it", (*Site).undoCase},
	{get, "/away", people, both, "when one is away, and who stands in", (*Site).away},
	{post, "/away", people, both, "say when one is away", (*Site).setAway},
	{post, "/away/end", people, both, "take that back", (*Site).endAway},
	{post, "/requisitions/:number/comment", owners, both, "say something about a requisition", (*Site).comment},
	{get, "/routing", admins, desk, "who decides: the table", (*Site).routing},
	{post, "/routing", admins, desk, "move, remove or add a row of it", again((*Site).setRouting)},
	{post, "/people/:id/invite", admins, desk, "make an invitation and show its link once", again((*Site).invite)},

	{get, "/bench", operators, desk, "the ports as tiles", (*Site).bench},
	{get, "/bench/events", operators, desk, "the tiles as server-sent events", (*Site).events},
	{get, "/bench/port/:port", operators, desk, "one port: its tile, its log, its buttons, the line its next key is for", (*Site).onePort},
	{post, "/bench/answer", operators, desk, "yes or no to what a tile asks", onTile(answer)},
	{post, "/bench/cancel", operators, desk, "end what a port waits for", onTile(cancel)},
	{post, "/bench/retry", operators, desk, "begin anew at a port", onTile(retry)},
	{post, "/bench/hold", operators, desk, "keep a port from beginning and asking, or let it go", onTile(holdPort)},
	{post, "/bench/pin", operators, desk, "say which line the next key at a port is for", onTile(pin)},
	{post, "/bench/serial", operators, desk, "say what the maker's label on a port's key says", onTile(labeled)},
	{post, "/bench/wink", operators, desk, "let the key at a port blink", onTile(wink)},
	{post, "/bench/label", operators, desk, "print the label of a port's key once more", onTile(printLabel)},
	{post, "/bench/hold-all", operators, desk, "hold or let go the whole bench", onBench(holdAll)},
	{post, "/bench/open", operators, desk, "open a making session, for lines or for stock", onBench(openSession)},
	{post, "/bench/end", operators, desk, "end the making session", onBench(endSession)},
	{post, "/bench/learn", operators, desk, "begin to learn the hub", onBench(learn)},
	{post, "/bench/learned", operators, desk, "keep what was learned, or what was known before", onBench(learned)},
	{post, "/bench/scan", operators, desk, "do what a scanned code says", (*Site).scan},
	{get, "/bench/commands.pdf", operators, desk, "the codes to print and hang up", (*Site).commandSheet},
	{post, "/bench/plug", operators, desk, "demo: plug a software key in", onHands(Hands.Plug)},
	{post, "/bench/pull", operators, desk, "demo: pull it out", onHands(Hands.Pull)},
	{post, "/bench/touch", operators, desk, "demo: touch it", onPort(touch)},

	{get, "/rework", readers, desk, "keys to take up again, each with its one next action", (*Site).rework},
	{post, "/rework/abandon", operators, desk, "give a run up whose key is lost", onBench(abandon)},

	{get, "/incidents", readers, desk, "what happened to keys and has to be dealt with", (*Site).incidents},
	{get, "/affected", readers, desk, "keys that are not to be trusted, with who has them", (*Site).affected},
	{get, "/recalls", readers, desk, "recalls, with how far each is", (*Site).recalls},
	{post, "/recalls/open", operators, desk, "call keys back: those of open incidents, of a model, or by tag", (*Site).openRecall},
	{get, "/recalls/:number", readers, desk, "one recall, its keys by person", (*Site).recall},
	{post, "/recalls/:number/settle", operators, desk, "note that a recalled key is back, or written off", (*Site).settleRecall},

	{get, "/keys", readers, desk, "keys by state, found by tag, serial, model or name", (*Site).keys},
	{get, "/keys/:tag", readers, desk, "one key: state, custody, run, verdict, registrations", (*Site).key},
	{get, "/keys/:tag/label.pdf", operators, desk, "the label that goes on it", (*Site).label},
	{get, "/keys/:tag/packet", operators, desk, "what goes into its parcel, as a page", (*Site).contents},
	{get, "/keys/:tag/packet.pdf", operators, desk, "the same to print; it holds an address", (*Site).packet},

	{get, "/models", readers, desk, "models that we hold: in stock, in hands, what is known of them", (*Site).models},
	{get, "/models/:aaguid", readers, desk, "one model: certification, statuses, firmware, policy", (*Site).model},
	{get, "/models/:aaguid/icon", readers, desk, "its picture in the metadata", (*Site).modelIcon},
	{get, "/policy", readers, desk, "what is asked of keys, version by version", (*Site).policy},
	{get, "/policy/check", readers, desk, "how far a check is, and what it came to", (*Site).policyCheck},
	{post, "/policy/begin", operators, desk, "check a policy: which keys and people it would hit", (*Site).checkPolicy},
	{post, "/policy/apply", operators, desk, "apply the policy that was checked last", (*Site).applyPolicy},

	{get, "/requisitions", readers, desk, "what was asked, with progress", (*Site).requisitions},
	{get, "/my", people, both, "what one asked for, where it stands, and the keys one has", (*Site).my},
	{get, "/requisitions/:number", owners, both, "where a requisition stands, the same for everybody who may read it", (*Site).requisition},
	{get, "/requisitions/:number/change", owners, both, "change what was asked", (*Site).changing},
	{post, "/requisitions/:number/change", owners, both, "make a new version of it", again((*Site).change)},
	{post, "/requisitions/:number/cancel", owners, both, "cancel a requisition, with a reason", (*Site).cancelRequisition},
	{get, "/queue", readers, desk, "what the desk has to do, line by line", (*Site).queue},
	{post, "/queue/reserve", operators, desk, "keep a stock key for a line, or let it go", (*Site).reserve},
	{get, "/keys/:tag/handover", operators, desk, "what is signed by whoever takes a key", (*Site).handing},
	{post, "/keys/:tag/handover", operators, desk, "hand a key over at the desk", (*Site).handOver},
	{get, "/ask", people, both, "ask for a key: for whom, and what happened", (*Site).ask},
	{post, "/ask", people, both, "go on to the readiness check", (*Site).beginAsk},
	{get, "/ask/check", people, both, "what somebody works with, by taps", onAsking((*Site).askCheck)},
	{get, "/ask/advice", people, both, "what fits them, and why", onAsking((*Site).askAdvice)},
	{get, "/ask/steps", people, both, "the steps of a way without a hardware key", onAsking((*Site).askSteps)},
	{post, "/ask/steps", people, both, "it works: the end, without a key", onAsking((*Site).servedAsk)},
	{get, "/ask/form", people, both, "what the key is for, where it goes, and when", onAsking((*Site).askForm)},
	{post, "/ask/form", people, both, "ask for it", onAsking((*Site).sendAsk)},
	{get, "/readiness", readers, desk, "by what the readiness check judges, version by version", (*Site).readiness},
	{post, "/readiness", admins, desk, "change it", (*Site).changeReadiness},

	{get, "/groups", readers, desk, "who is in which group", (*Site).groups},
	{post, "/groups", admins, desk, "put somebody into a group", again((*Site).joinGroup)},
	{post, "/groups/leave", admins, desk, "take somebody out of one", again((*Site).leaveGroup)},
	{get, "/roles", readers, desk, "who has which role, since when and by whom", (*Site).roles},
	{post, "/roles", admins, desk, "find the person who is to get a role", (*Site).findForRole},
	{get, "/roles/give", admins, desk, "what giving a role to somebody means", onRole((*Site).askRole)},
	{post, "/roles/give", admins, desk, "give it", again(onRole((*Site).giveRole))},
	{get, "/roles/withdraw", admins, desk, "what withdrawing a role means", onRole((*Site).askRole)},
	{post, "/roles/withdraw", admins, desk, "withdraw it", again(onRole((*Site).withdrawRole))},
	{get, "/people", readers, desk, "the directory", (*Site).people},
	{get, "/people/import", admins, desk, "bring people in: choose a file", (*Site).uploadStaff},
	{post, "/people/import", admins, desk, "read a file and say what it would come to", (*Site).previewStaff},
	{get, "/people/import/:id", admins, desk, "what a file would come to, row by row, or came to", (*Site).showPreview},
	{post, "/people/import/:id", admins, desk, "apply exactly what was previewed", again((*Site).applyStaff)},
	{get, "/runs", readers, desk, "provisioning attempts, the newest first", (*Site).runs},
	{get, "/runs/:id", readers, desk, "one attempt, step by step", (*Site).run},
	{get, "/ledger", readers, desk, "how far the ledger goes, and its latest entries", (*Site).ledger},
}

const (
	get  = http.MethodGet
	post = http.MethodPost
)
