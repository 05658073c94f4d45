package inventory

import (
	"net/url"
	"strings"
	"time"
)

// LocalRPID is the relying party id of a database made without a public URL. Its keys are test keys.
const LocalRPID = "localhost"

// Settings is what a database is told once, when it is made. The relying party id is part of every tag credential and
// cannot change while one lives.
type Settings struct {
	RPID      string    `json:"rp_id"`
	PublicURL string    `json:"public_url"` // empty for a test database
	Origin    string    `json:"origin"`     // name of the ledger: its checkpoints carry it
	Verifier  string    `json:"verifier"`   // public half of the key that signs checkpoints
	Recipient string    `json:"recipient"`  // age recipient of sealed PINs
	CreatedAt time.Time `json:"created_at"`
}

// Test tells if keys made for this database are test keys.
func (s Settings) Test() bool { return s.RPID == LocalRPID }

// RPIDFor derives the relying party id from a public URL and an optional wish: the wish must be the URL's host or a
// domain above it (WebAuthn Level 3 §5.1.3 step 8: the effective domain or a registrable suffix of it).
func RPIDFor(publicURL, wish string) (string, error) {
	if publicURL == "" {
		if wish != "" && wish != LocalRPID {
			return "", Refuse(Invalid, "--rp-id needs --public-url: give the address that people will type, such as https://keys.example.com.")
		}
		return LocalRPID, nil
	}
	u, err := url.Parse(publicURL)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", Refuse(Invalid, "%q is no public URL: it must begin with https:// and name a host, such as https://keys.example.com.", publicURL)
	}
	host, wish := strings.ToLower(u.Hostname()), strings.ToLower(wish)
	if !isDomain(host) {
		return "", Refuse(Invalid, "Browsers bind no key to the host %q: use a name such as keys.example.com (xn--… where it is not in Latin letters), no IP address.", host)
	}
	if wish == "" || wish == host {
		return host, nil
	}
	if !strings.HasSuffix(host, "."+wish) || !strings.Contains(wish, ".") {
		return "", Refuse(Invalid, "The RP ID %q must be %s or a domain above it, or browsers will not let a page there use the keys.", wish, host)
	}
	return wish, nil
}

// isDomain tells a name that can be an RP ID from other scripts, slips of the pen and IP addresses, which end in a
// number (WebAuthn Level 3 §4, RP ID: a valid domain string; URL Standard §3.5).
func isDomain(host string) bool {
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}
