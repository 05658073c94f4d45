package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"keystation/inventory"
)

// limits keeps those apart who try too often: one bucket for each address or account, of which every try takes a token and
// time gives them back. It is bounded: when there are too many buckets those that are full again go first, then all. It is
// safe for concurrent use.
type limits struct {
	now func() time.Time

	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// A limit is how many tries there are at once, and how soon each comes back.
type limit struct {
	burst float64
	every time.Duration
}

var (
	triesOfAddress = limit{30, 2 * time.Second}  // of one address at all doors together
	triesOfAccount = limit{10, 30 * time.Second} // at one account, code or token
)

// mostBuckets bounds the memory that strangers can take.
const mostBuckets = 20_000

// take takes a token; when there is none it says how long to wait for one.
func (l *limits) take(key string, of limit) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if l.buckets == nil || len(l.buckets) >= mostBuckets {
		l.sweep(now, of)
	}
	b, known := l.buckets[key]
	if !known {
		b = bucket{of.burst, now}
	}
	b.left = min(of.burst, b.left+now.Sub(b.at).Seconds()/of.every.Seconds())
	b.at = now
	wait := time.Duration(0)
	if b.left < 1 {
		wait = time.Duration((1 - b.left) * float64(of.every))
	} else {
		b.left--
	}
	l.buckets[key] = b
	return wait
}

func (l *limits) sweep(now time.Time, of limit) {
	kept := map[string]bucket{}
	for key, b := range l.buckets {
		if b.left+now.Sub(b.at).Seconds()/of.every.Seconds() < of.burst {
			kept[key] = b
		}
	}
	if len(kept) >= mostBuckets {
		kept = map[string]bucket{}
	}
	l.buckets = kept
}

// tooOften is the refusal of somebody who tries too often.
type tooOften struct{ wait time.Duration }

// Error says how long to wait.
func (e tooOften) Error() string { return "too many tries" }

// limited lets tries through as long as there are not too many, from an address and at an account (empty: none).
func (s *Site) limited(c Ctx, account string) error {
	wait := s.limits.take("address "+network(c.RealIP()), triesOfAddress)
	if account != "" {
		wait = max(wait, s.limits.take("account "+account, triesOfAccount))
	}
	if wait == 0 {
		return nil
	}
	seconds := int(wait.Seconds()) + 1
	c.Response().Header().Set("Retry-After", strconv.Itoa(seconds))
	seconds = max(2, seconds) // nobody is told to wait one seconds
	const form = "That were too many tries: wait %d seconds, then try again."
	return &inventory.Error{Kind: inventory.Forbidden, Err: tooOften{wait}, Msg: fmt.Sprintf(form, seconds), Form: form, Args: []any{seconds}}
}

// network is whose tries count together: those of one address, and with IPv6, of which everybody has more than they can use,
// those of one subnet (RFC 4291 §2.5.4: the last 64 bits are the interface's own choice).
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return address
	}
	subnet, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return subnet.String()
}

// statusTooOften is the status of a refusal for trying too often (RFC 6585 §4).
const statusTooOften = http.StatusTooManyRequests
