package web

import (
	"context"
	"crypto/rand"
	"errors"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"keystation/inventory"
	"keystation/shipping"
	"keystation/station"
)

// Books is all that the pages read: the small interfaces of the files beside this one, together.
type Books interface {
	benchBooks
	overviewBooks
	keyBooks
	requisitionBooks
	personBooks
	staffBooks
	runBooks
	reworkBooks
	ledgerBooks
	recallBooks
	incidentBooks
	groundBooks
	approvalBooks
	absenceBooks
	routingBooks
	myBooks
	queueBooks
	touchBooks
	modelBooks
	policyBooks
	askBooks
	readinessBooks
	addressBooks
	roleBooks
	groupBooks
	holdBooks
}

// Hands plugs, pulls and touches software keys. It exists in a demo only.
type Hands interface {
	// Plug puts a key in at the port.
	Plug(ctx context.Context, port string) error
	// Pull takes it out.
	Pull(ctx context.Context, port string) error
	// Touch touches it once.
	Touch(ctx context.Context, port string) error
}

// Bench is how a page speaks to the bench, in the name of whoever pressed the button where that is written down. What cannot be done is refused with a sentence for a person.
type Bench interface {
	// Answer gives a person's answer to the question with this number on the port's tile. An old one is refused.
	Answer(ctx context.Context, by inventory.Actor, port string, question int, yes bool) error
	// Cancel ends what the port waits for, at the next safe point.
	Cancel(ctx context.Context, port string) error
	// Retry begins anew at the port.
	Retry(ctx context.Context, port string) error
	// Hold keeps a port, or with no port the whole bench, from beginning and asking for anything until it is let go.
	Hold(ctx context.Context, port string, on bool) error
	// Pin says which line the next key at the port is for. An empty line takes that back.
	Pin(ctx context.Context, port string, line inventory.LineID) error
	// Labeled takes the serial number on the label of the key at the port, or of the next one there; empty takes it back.
	Labeled(ctx context.Context, by inventory.Actor, port, serial string) error
	// Wink lets the key at the port blink.
	Wink(ctx context.Context, port string) error
	// PrintLabel prints the label of the key that the port shows, or of the ready one that was pulled there last.
	PrintLabel(ctx context.Context, port string) error
	// Open opens a making session at the ports of the learned hub, for lines or for stock.
	Open(ctx context.Context, by inventory.Actor, stock bool) error
	// End ends the making session.
	End(ctx context.Context, by inventory.Actor) error
	// Learn begins to learn the hub: each port at which a key is plugged in is the next one.
	Learn(ctx context.Context) error
	// Learned ends it and keeps what was learned, or what was known before.
	Learned(ctx context.Context, by inventory.Actor, keep bool) error
	// Session tells what is switched on.
	Session() station.Session
	// Abandon ends a run that waits for its key, which frees its line. Any other run is refused.
	Abandon(ctx context.Context, by inventory.Actor, run inventory.RunID) error
}

// Config is what the pages are handed. Feed and Books are needed; the zero value of every other field has a meaning.
type Config struct {
	Feed  *station.Feed
	Books Books

	Bench Bench // nil: the bench is watched only, its tiles have no buttons
	// StockModels name what a making session wipes without asking. Empty: nothing, every key asks.
	StockModels []string
	Hands       Hands // nil: keys are plugged and touched by people, as they should be

	// Cancel cancels a requisition by its number. Nil: the pages cancel nothing.
	Cancel func(ctx context.Context, by inventory.Actor, number, reason string) error

	// Recheck lets the bench look whether its lines still stand. Nil: there is no bench.
	Recheck func(ctx context.Context)

	// Recall calls keys back. Nil: the pages recall nothing.
	Recall func(ctx context.Context, by inventory.Actor, r inventory.Recall, of inventory.RecallOf) (inventory.RecallOpened, error)
	// Settle notes what became of a recalled key. Nil: the pages note nothing.
	Settle func(ctx context.Context, by inventory.Actor, number string, tag inventory.AssetTag, to inventory.RecallItemState, note string) error

	// Label draws the label that goes on a key. Nil: labels are not offered.
	Label func(tag inventory.AssetTag, test bool) (pdf []byte, err error)
	// Packet draws the packet of a key and says which file name it should get. Nil: packets are not offered.
	Packet func(ctx context.Context, key inventory.KeyID) (pdf []byte, name string, err error)

	// CommandSheet draws the codes that stand for the bench's buttons. Nil: the sheet is not offered.
	CommandSheet func() (pdf []byte, err error)

	// Contents gives what is on the packet of a key, for its page. Nil: there is the file only.
	Contents func(ctx context.Context, key inventory.KeyID) (shipping.Packet, error)

	// Model tells what the metadata say of a model. Nil: there are none.
	Model func(aaguid string) (inventory.ModelFacts, bool)
	// Icon gives the picture of a model; nil, and an empty one: there is none.
	Icon func(aaguid string) []byte
	// Attested reads the kept attestation of a credential. Nil: chains are not shown.
	Attested func(inventory.Registration) inventory.Attested
	Policies Policies // nil: the policy is neither shown nor changed here

	// SignIn is how people come in. Nil: nobody signs in, and who comes in is Local.
	SignIn *SignIn

	// Who tells who sends a request; false: nobody that is known, who is sent to the door. Nil: their
	// session tells. It is for tests.
	Who func(r *http.Request) (Visitor, bool)
	// Local is the user of this machine, who has all roles where nobody signs in.
	Local inventory.Actor
	// Refused notes that somebody wanted in where they may not. Nil: it is not noted.
	Refused func(ctx context.Context, by inventory.Actor, what string) error
	// Proxy stands in front and tells in X-Forwarded-For for whom it asks. The zero value: nothing does.
	Proxy netip.Addr
	// PeopleURL and DeskURL are where the other surface is, without a slash at the end. Empty: at this address too.
	PeopleURL, DeskURL string

	// Desks are where keys can be picked up. Empty: at the one desk that there is.
	Desks []string

	Settings               inventory.Settings // its RP ID decides about the TEST KEYS banner
	Demo                   bool               // every page says DEMO, and the way in is the bench
	Version                string             // empty: not shown
	DeskHosts, PeopleHosts []string           // host names beside localhost under which each surface is asked for
	Log                    *slog.Logger       // nil: slog.Default
	Now                    func() time.Time   // nil: time.Now
	Zone                   *time.Location     // of the times on pages; nil: time.Local
}

// Site is all pages as one handler. It is safe for concurrent use.
type Site struct {
	Config

	boot   string // names this process to browsers that come back after a restart
	assets assets
	texts  texts
	pages  map[string]map[string]*template.Template       // by language and name
	tick   func(time.Duration) (<-chan time.Time, func()) // a ticker and its end
	made   madeCount
	bell   bell
	opened openedRecall
	job    job
	setup  setup
	limits limits

	previews previews

	sessions *scs.SessionManager // nil where nobody signs in
	doors    map[surface]http.Handler

	closing  chan struct{}
	closeOne sync.Once
}

// New builds the site. It fails when something needed is missing or a page does not parse.
func New(cfg Config) (*Site, error) {
	if cfg.Feed == nil || cfg.Books == nil {
		return nil, errors.New("web: a feed and books are needed")
	}
	s := &Site{Config: cfg, boot: rand.Text(), tick: ticker, closing: make(chan struct{})}
	s.defaults()
	var err error
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if s.texts, err = loadTexts(); err != nil {
		return nil, err
	}
	if s.pages, err = s.parsePages(); err != nil {
		return nil, err
	}
	s.limits.now = s.Now
	if s.SignIn != nil {
		s.sessions = s.newSessions()
	}
	s.doors = map[surface]http.Handler{}
	for _, d := range []surface{desk, folk, both} {
		s.doors[d] = s.guard(d, s.withSession(s.router(d)))
	}
	return s, nil
}

func (s *Site) defaults() {
	if s.Log == nil {
		s.Log = slog.Default()
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Local.ID == "" {
		s.Local = inventory.Actor{ID: "os-user", Name: "The user of this machine", Method: inventory.ByOSUser}
	}
	if s.Zone == nil {
		s.Zone = time.Local
	}
}

// ServeHTTP answers one request at one address for both surfaces.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.doors[both].ServeHTTP(w, r) }

// Desk is the desk's surface: bench, books, admin.
func (s *Site) Desk() http.Handler { return s.doors[desk] }

// People is the surface of those who ask, decide and hold keys.
func (s *Site) People() http.Handler { return s.doors[folk] }

// Close ends the event streams, which a server's Shutdown would otherwise wait for, and the work that a page began:
// register it there.
func (s *Site) Close() {
	s.closeOne.Do(func() { close(s.closing) })
	s.job.end()
}

// echo is a router without routes.
func (s *Site) echo() *echo.Echo {
	e := echo.New()
	e.IPExtractor = s.address()
	e.HTTPErrorHandler = s.fail
	e.Logger.SetOutput(logSink{s.Log})
	return e
}

// address tells where a request comes from. Headers that name another address are believed of the proxy only.
func (s *Site) address() echo.IPExtractor {
	if !s.Proxy.IsValid() {
		return echo.ExtractIPDirect()
	}
	only := &net.IPNet{IP: s.Proxy.AsSlice(), Mask: net.CIDRMask(s.Proxy.BitLen(), s.Proxy.BitLen())}
	return echo.ExtractIPFromXFFHeader(echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false), echo.TrustIPRange(only))
}

// router answers what is behind one door.
func (s *Site) router(door surface) http.Handler {
	e := s.echo()
	for _, r := range routes {
		if !r.surface.at(door) {
			continue
		}
		e.Add(r.method, r.path, s.bound(r, door))
		if r.method == get { // RFC 9110 §9.3.2: the same, without the body, which the server leaves out
			e.Add(http.MethodHead, r.path, s.bound(r, door))
		}
	}
	return e
}

// bound lets the visitor in and calls the route's handler, with panics turned into errors so that they get a code and a page.
func (s *Site) bound(r route, door surface) handler {
	return func(c Ctx) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = panicked(p)
			}
		}()
		c.Set(routeKey, r)
		c.Set(doorKey, door)
		if in, err := s.enter(c, r); err != nil || !in {
			return err
		}
		return r.do(s, c)
	}
}

func ticker(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTicker(d)
	return t.C, t.Stop
}

// logSink carries what echo itself has to say, which is little, to our log.
type logSink struct{ log *slog.Logger }

func (l logSink) Write(b []byte) (int, error) {
	l.log.Warn("echo", "text", string(b))
	return len(b), nil
}
