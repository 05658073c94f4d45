package main

import (
	"errors"
	"io/fs"
	"maps"
	"net"
	"net/url"
	"slices"
	"time"

	"keystation/inventory"
	"keystation/station/ctap"
)

// configChecks is what a value has to be, in the order that people read a
// configuration.
var configChecks = []struct {
	key  string
	good func(Config) bool
	say  string
}{
	{"desk.paper", func(c Config) bool { return oneOf(c.Desk.Paper, "", "A4", "Letter") }, "say A4 or Letter"},
	{"requisitions.standard", func(c Config) bool { return within(c.Asked.Standard, 0, 100) }, "say how many keys people may have, from 0 to 100"},
	{"requisitions.elevated", func(c Config) bool { return within(c.Asked.Elevated, 0, 100) }, "say how many keys people may have, from 0 to 100"},
	{"requisitions.critical", func(c Config) bool { return within(c.Asked.Critical, 0, 100) }, "say how many keys people may have, from 0 to 100"},
	{"requisitions.loss_months", func(c Config) bool { return within(c.Asked.LossMonths, 1, 120) }, "say how many months, from 1 to 120"},
	{"requisitions.decide_within", func(c Config) bool { return c.Asked.DecideWithin == 0 || c.Asked.DecideWithin >= time.Hour }, `say how long with a unit, as "72h", one hour or more, or 0 for ever`},
	{"requisitions.ship_within", func(c Config) bool { return c.Asked.ShipWithin >= time.Hour }, `say how long with a unit, as "120h", one hour or more`},
	{"bench.touch_slots", func(c Config) bool { return c.Bench.TouchSlots >= 1 }, "say for how many keys at once there are hands, 1 or more"},
	{"bench.wait", func(c Config) bool { return c.Bench.Wait >= time.Second }, `say how long with a unit, as "60s" or "5m", one second or more`},
	{"policy.unknown", func(c Config) bool { return oneOf(c.Policy.Unknown, "refuse", "ask", "accept") }, "say refuse, ask or accept"},
	{"policy.force_pin_change", func(c Config) bool { return oneOf(c.Policy.ForcePINChange, "required", "if-possible", "off") }, "say required, if-possible or off"},
	// CTAP 2.1 §6.5.1: a PIN has four code points at least and 63 bytes at most.
	{"policy.pin_length", func(c Config) bool { return within(c.Policy.PINLength, 4, 63) }, "say a number from 4 to 63"},
	{"policy.min_pin_length", func(c Config) bool { return c.Policy.MinPINLength == 0 || within(c.Policy.MinPINLength, 4, 63) }, "say a number from 4 to 63, or 0 to leave each key its own"},
	{"policy.stock", func(c Config) bool { return allAAGUIDs(c.Policy.Stock) }, "give AAGUIDs, as keystation keys shows them"},
	{"mds.url", func(c Config) bool { return c.MDS.URL == "" || isDownloadURL(c.MDS.URL) }, "say an address that begins with https://"},
	{"mds.interval", func(c Config) bool { return c.MDS.Interval >= time.Minute }, `say how often with a unit, as "24h", one minute or more`},
	{"web.addr", func(c Config) bool { return isAddress(c.Web.Addr) }, `say HOST:PORT, as "localhost:8080"`},
	{"web.people_addr", func(c Config) bool { return c.Web.PeopleAddr == "" || isAddress(c.Web.PeopleAddr) }, `say HOST:PORT, as "localhost:8081", or nothing for the desk's address`},
	{"web.desk_url", func(c Config) bool { return c.Web.DeskURL == "" || isSite(c.Web.DeskURL) }, `say an address as people type it, as "https://desk.example.com"`},
	{"web.people_url", func(c Config) bool { return c.Web.PeopleURL == "" || isSite(c.Web.PeopleURL) }, `say an address as people type it, as "https://keys.example.com"`},
	{"web.tls_key", func(c Config) bool { return (c.Web.TLSCert == "") == (c.Web.TLSKey == "") }, "say both the certificate (web.tls_cert) and its key, or neither"},
	{"web.proxy", func(c Config) bool { return c.Web.Proxy == "" || c.proxy().IsValid() }, `say the IP address of the proxy, as "10.0.0.1"`},
	{"signin.desk_idle", func(c Config) bool { return c.SignIn.DeskIdle >= time.Minute }, `say how long with a unit, as "30m", one minute or more`},
	{"signin.people_idle", func(c Config) bool { return c.SignIn.PeopleIdle >= time.Minute }, `say how long with a unit, as "8h", one minute or more`},
	{"signin.longest", func(c Config) bool { return c.SignIn.Longest >= time.Minute }, `say how long with a unit, as "12h", one minute or more`},
	{"oidc.issuer", func(c Config) bool { return c.OIDC.Issuer == "" || isIssuer(c.OIDC.Issuer) }, "say the issuer as its discovery document does, with https://"},
	{"oidc.client_id", func(c Config) bool { return (c.OIDC.Issuer == "") == (c.OIDC.ClientID == "") }, "say both the issuer and the client id that it gave, or neither"},
	{"signin.break_glass", func(c Config) bool {
		n := len(c.SignIn.BreakGlass)
		return n == 0 || n == 2 && c.OIDC.Issuer != "" && c.SignIn.BreakGlass[0] != c.SignIn.BreakGlass[1]
	}, "name two admins by e-mail address, beside an identity provider, or nobody"},
	{"mail.from", func(c Config) bool { return (c.Mail.Host == "") == (c.Mail.From == "") }, "say both the mail server (mail.host) and the address that mail comes from, or neither"},
	{"mail.port", func(c Config) bool { return within(c.Mail.Port, 0, 65535) }, "say a port, or 0 for the usual one"},
	{"mail.encryption", func(c Config) bool {
		return oneOf(c.Mail.Encryption, "starttls", "tls") || c.Mail.Encryption == "off" && c.Mail.here()
	}, "say starttls or tls; off is for a mail server of this machine only"},
	{"mail.user", func(c Config) bool { return (c.Mail.User == "") == (c.Mail.PasswordFile == "") }, "say both the user and the file with the password (mail.password_file), or neither"},
	{"log.level", func(c Config) bool { return oneOf(c.Log.Level, "debug", "info", "warn", "error") }, "say debug, info, warn or error"},
}

func (s settings) check(c Config) error {
	for _, rule := range configChecks {
		if !rule.good(c) {
			return inventory.Refuse(inventory.Invalid, "%s cannot be %v: %s.", s.place(rule.key), s.Get(rule.key), rule.say)
		}
	}
	return nil
}

func oneOf(word string, words ...string) bool { return slices.Contains(words, word) }

func within(n, low, high int) bool { return n >= low && n <= high }

func allAAGUIDs(words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool {
		_, err := ctap.ParseAAGUID(w)
		return err != nil
	})
}

func isAddress(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	_, err = net.LookupPort("tcp", port)
	return err == nil
}

// isSite tells an origin: a scheme and a host, and nothing after it.
func isSite(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil && u.Path+u.RawQuery+u.Fragment == ""
}

func sortedKeys(m map[string][]string) []string { return slices.Sorted(maps.Keys(m)) }

// reason is the last word of an error of the file system: "permission denied".
func reason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}
