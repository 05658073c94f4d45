package main

import (
	"errors"
	"io/fs"
	"maps"
	"net"
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

func sortedKeys(m map[string][]string) []string { return slices.Sorted(maps.Keys(m)) }

// reason is the last word of an error of the file system: "permission denied".
func reason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}
