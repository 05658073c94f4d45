package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"keystation/inventory"
)

// loginBooks keep who is signed in.
type loginBooks interface {
	// FindSession gives what a session holds, by the hash of its token; false when there is none or it is over.
	FindSession(ctx context.Context, hash string) ([]byte, bool, error)
	// CommitSession begins a session.
	CommitSession(ctx context.Context, hash string, of inventory.PersonID, data []byte, expires time.Time) error
	// KeepSession keeps one that was begun before, unless it was ended in the meantime.
	KeepSession(ctx context.Context, hash string, of inventory.PersonID, data []byte, expires time.Time) error
	// DeleteSession ends one.
	DeleteSession(ctx context.Context, hash string) error
	// EndSessions ends all of a person.
	EndSessions(ctx context.Context, of inventory.PersonID) error
	// Sessions lists those of a person.
	Sessions(ctx context.Context, of inventory.PersonID) ([]inventory.Session, error)
	// Whoever gives a person with their roles of this moment; one who may not come in is refused.
	Whoever(ctx context.Context, id inventory.PersonID) (inventory.Person, []inventory.Role, error)
}

// What a session holds: short texts only, so that an old one can be read for ever.
const (
	sessionPerson = "person"
	sessionMethod = "method"
	sessionProved = "proved" // when they showed who they are, in seconds since 1970; missing: nobody can tell
	sessionSeen   = "seen"   // when they were here last, likewise, to the minute
	sessionGlass  = "glass"  // they came in beside the identity provider
	sessionBegan  = "began"  // when they came in
	sessionName   = "name"   // by which its person ends it: no secret, and not its token
)

// newSessions are sessions whose tokens stand in cookies and, hashed, in the books.
func (s *Site) newSessions() *scs.SessionManager {
	m := scs.New()
	m.Store = sessionStore{s.SignIn.Books}
	m.Codec = sessionCodec{}
	m.HashTokenInStore = true // a copy of the database signs nobody in
	m.Lifetime = s.SignIn.longest()
	m.Cookie.Name, m.Cookie.Secure = "keystation", s.SignIn.Secure
	if s.SignIn.Secure {
		m.Cookie.Name = "__Host-keystation" // RFC 6265bis §4.1.3.2: from this very host, over TLS
	}
	m.Cookie.SameSite, m.Cookie.Persist = http.SameSiteLaxMode, false
	m.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, err error) {
		s.Log.Error("session", "err", err)
		s.plainFail(w, http.StatusServiceUnavailable, "Who is signed in cannot be read or written just now: try again in a moment.")
	}
	return m
}

// withSession loads the session of a request, except for static files, which are the same for everybody.
func (s *Site) withSession(next http.Handler) http.Handler {
	if s.SignIn == nil {
		return next
	}
	loaded := s.sessions.LoadAndSave(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if stateless(r) {
			next.ServeHTTP(w, r)
			return
		}
		loaded.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), foundKey{}, new(string))))
	})
}

// foundKey is where a request keeps the hash of the session that it found, so that it does not begin one anew that was ended
// while it was on its way.
type foundKey struct{}

// stateless tells requests that are answered in the same way for everybody.
func stateless(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/static/") || r.URL.Path == "/healthz"
}

// signedIn tells by the session who sends a request. Roles are read anew each time, so that whoever loses one loses it at
// once.
func (s *Site) signedIn(r *http.Request) (Visitor, bool) {
	if stateless(r) {
		return Visitor{}, false
	}
	ctx := r.Context()
	id := inventory.PersonID(s.sessions.GetString(ctx, sessionPerson))
	if id == "" {
		return Visitor{}, false
	}
	p, roles, err := s.SignIn.Books.Whoever(ctx, id)
	if err != nil {
		if k := inventory.KindOf(err); k == inventory.Internal {
			s.Log.Error("read who is signed in", "err", err)
		}
		return Visitor{}, false
	}
	v := Visitor{
		Actor: inventory.ActorOf(p, inventory.Method(s.sessions.GetString(ctx, sessionMethod))), Person: p.ID, Roles: roles, Language: p.Language,
		Proved: s.sessionTime(ctx, sessionProved), BreakGlass: s.sessions.GetString(ctx, sessionGlass) != "",
	}
	return v, s.awake(ctx, v)
}

// awake refuses a session that was left alone for too long, and notes that this one was not.
func (s *Site) awake(ctx context.Context, v Visitor) bool {
	now, seen := s.Now(), s.sessionTime(ctx, sessionSeen)
	if now.Sub(seen) > s.SignIn.idle(v) {
		return false
	}
	if now.Sub(seen) >= time.Minute { // else every click would write
		s.sessions.Put(ctx, sessionSeen, seconds(now))
	}
	return true
}

func (s *Site) sessionTime(ctx context.Context, key string) time.Time {
	return readSeconds(s.sessions.GetString(ctx, key))
}

func readSeconds(text string) time.Time {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(n, 0)
}

func seconds(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// A login is how somebody showed who they are.
type login struct {
	Method     inventory.Method
	Proved     time.Time // when; the zero time: nobody can tell, and what weighs something asks again
	BreakGlass bool      // beside the identity provider
}

// letIn begins the session of somebody who showed who they are. The token is a new one: whoever knew the old one must not
// come in with them. Nothing is left of who was in before.
func (s *Site) letIn(ctx context.Context, p inventory.Person, l login) error {
	if err := s.sessions.Clear(ctx); err != nil {
		return fmt.Errorf("clear session: %w", err)
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("renew session: %w", err)
	}
	s.sessions.Put(ctx, sessionPerson, string(p.ID))
	s.sessions.Put(ctx, sessionMethod, string(l.Method))
	s.sessions.Put(ctx, sessionSeen, seconds(s.Now()))
	s.sessions.Put(ctx, sessionBegan, seconds(s.Now()))
	s.sessions.Put(ctx, sessionName, rand.Text())
	if !l.Proved.IsZero() {
		s.sessions.Put(ctx, sessionProved, seconds(l.Proved))
	}
	if l.BreakGlass {
		s.sessions.Put(ctx, sessionGlass, "yes")
	}
	return nil
}

// sessionStore lets sessions stand in the books.
type sessionStore struct{ books loginBooks }

// errNoContext is what calls get that no request is behind; scs makes none with a store that takes a context.
var errNoContext = errors.New("a session is kept for a request only")

// Find is there for the interface.
func (sessionStore) Find(string) ([]byte, bool, error) { return nil, false, errNoContext }

// Commit is there for the interface.
func (sessionStore) Commit(string, []byte, time.Time) error { return errNoContext }

// Delete is there for the interface.
func (sessionStore) Delete(string) error { return errNoContext }

// FindCtx finds a session. token is a hash already.
func (t sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	hash := digest(token)
	data, found, err := t.books.FindSession(ctx, hash)
	if at, ok := ctx.Value(foundKey{}).(*string); ok && found {
		*at = hash
	}
	return data, found, err
}

// CommitCtx keeps a session under the person that it is of.
func (t sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expires time.Time) error {
	var kept sessionData
	if err := json.Unmarshal(data, &kept); err != nil {
		return fmt.Errorf("read session: %w", err)
	}
	hash, of := digest(token), inventory.PersonID(kept.Values[sessionPerson])
	if at, ok := ctx.Value(foundKey{}).(*string); ok && *at == hash {
		return t.books.KeepSession(ctx, hash, of, data, expires)
	}
	return t.books.CommitSession(ctx, hash, of, data, expires)
}

// DeleteCtx ends a session.
func (t sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return t.books.DeleteSession(ctx, digest(token))
}

// digest makes the name of a row out of what scs calls a token, whatever it looks like.
func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// sessionCodec writes sessions as JSON, in which nothing but texts has a place.
type sessionCodec struct{}

type sessionData struct {
	Deadline time.Time         `json:"deadline"`
	Values   map[string]string `json:"values"`
}

// Encode writes a session.
func (sessionCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	kept := sessionData{deadline, map[string]string{}}
	for key, v := range values {
		text, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("session value %s is a %T, no text", key, v)
		}
		kept.Values[key] = text
	}
	b, err := json.Marshal(kept)
	if err != nil {
		return nil, fmt.Errorf("write session: %w", err)
	}
	return b, nil
}

// Decode reads one.
func (sessionCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	var kept sessionData
	if err := json.Unmarshal(b, &kept); err != nil {
		return time.Time{}, nil, fmt.Errorf("read session: %w", err)
	}
	values := map[string]any{}
	for key, text := range kept.Values {
		values[key] = text
	}
	return kept.Deadline, values, nil
}
