package web

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// maxBody is far more than any form here holds.
const maxBody = 64 << 10

// securityHeaders stand on every answer. The policy lets a page load and run only what this program carries, and
// nothing inline; the permissions keep WebAuthn away from the desk, where a browser would address every key in the
// hub. A referrer policy of no-referrer would make browsers send "Origin: null" with our own forms.
var securityHeaders = [][2]string{
	{"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
	{"Permissions-Policy", "publickey-credentials-get=(), publickey-credentials-create=(), camera=(), microphone=(), geolocation=()"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "same-origin"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Cache-Control", "no-store"}, // pages hold names; static files say otherwise
}

// guard is what every request passes before a route is looked for.
func (s *Site) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.plainFail(w, http.StatusForbidden, "This request came from another site and was refused.")
	}))
	inner := cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, h := range securityHeaders {
			w.Header().Set(h[0], h[1])
		}
		if !s.knownHost(r.Host) {
			s.plainFail(w, http.StatusMisdirectedRequest, "This program does not answer to that host name: use the address it printed when it started.")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		inner.ServeHTTP(w, r)
	})
}

// knownHost refuses names that somebody else pointed at this machine (DNS rebinding): to a browser such a page would
// be of the same origin as ours.
func (s *Site) knownHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	return slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, name) ||
		slices.ContainsFunc(s.Hosts, func(h string) bool { return strings.EqualFold(h, name) })
}

// plainFail answers where no page can be drawn yet.
func (s *Site) plainFail(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(sentence + "\n")) // the reader is gone if this fails
}
