package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"keystation/inventory"
)

// maxBody is far more than any form here holds.
const maxBody = 64 << 10

// securityHeaders stand on every answer. The policy lets a page load and run only what this program carries, and
// nothing inline; the permissions keep WebAuthn away from the desk, where a browser would address every key in the
// hub. A referrer policy of no-referrer would make browsers send "Origin: null" with our own forms.
var securityHeaders = [][2]string{
	{"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
	permissionsPolicy,
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "same-origin"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Cache-Control", "no-store"}, // pages hold names; static files say otherwise
}

var permissionsPolicy = [2]string{"Permissions-Policy", "publickey-credentials-get=(), publickey-credentials-create=(), camera=(), microphone=(), geolocation=()"}

// guard is what every request passes before a route is looked for.
func (s *Site) guard(door surface, next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.plainFail(w, http.StatusForbidden, "This request came from another site and was refused.")
	}))
	inner := cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, h := range securityHeaders {
			w.Header().Set(h[0], h[1])
		}
		if s.secure(r) {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		if !s.fromProxy(r) {
			s.plainFail(w, http.StatusForbidden, "This program is asked through the proxy in front of it: use its address.")
			return
		}
		if !s.knownHost(r.Host, door) {
			s.plainFail(w, http.StatusMisdirectedRequest, "This program does not answer to that host name: use the address it printed when it started.")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit(r))
		inner.ServeHTTP(w, r)
	})
}

// bodyLimit is how much of a request is read at most.
func bodyLimit(r *http.Request) int64 {
	if r.Method == http.MethodPost && r.URL.Path == uploadPath {
		return maxUpload
	}
	return maxBody
}

// knownHost refuses names that somebody else pointed at this machine (DNS rebinding): to a browser such a page would
// be of the same origin as ours.
func (s *Site) knownHost(host string, door surface) bool {
	name := hostName(host)
	known := []string{"localhost", "127.0.0.1", "::1"}
	if desk.at(door) {
		known = append(known, s.DeskHosts...)
	}
	if folk.at(door) {
		known = append(known, s.PeopleHosts...)
	}
	return slices.ContainsFunc(known, func(h string) bool { return strings.EqualFold(h, name) })
}

// hostName is a host without its port.
func hostName(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

// secure tells if nobody on the way can read or change the request. One that did not come by the proxy came in the clear.
func (s *Site) secure(r *http.Request) bool {
	return r.TLS != nil || s.Proxy.IsValid() && !s.direct(r)
}

// direct tells a request of the first admin, who begins at this very machine and goes round the proxy for that page alone.
func (s *Site) direct(r *http.Request) bool {
	p := r.URL.Path
	setup := p == "/setup" || p == "/setup/begin" || strings.HasPrefix(p, "/static/")
	return setup && s.fromHere(r) && hostName(r.Host) == inventory.LocalRPID
}

// fromProxy refuses those who go round the proxy, whose headers would be believed.
func (s *Site) fromProxy(r *http.Request) bool {
	if !s.Proxy.IsValid() || s.direct(r) {
		return true
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap() == s.Proxy.Unmap()
}

// plainFail answers where no page can be drawn yet.
func (s *Site) plainFail(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(sentence + "\n")) // the reader is gone if this fails
}
