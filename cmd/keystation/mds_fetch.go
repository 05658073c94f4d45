package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"keystation/inventory"
	"keystation/station/attest"
)

const mdsFetchLong = `Downloads the BLOB from mds.url of the configuration and imports it, as keystation
mds import does with a file. Nothing is downloaded where the one that is here is
the newest. With mds.url set, keystation serve does so by itself, every
mds.interval; it never waits for it, and a download that fails is tried again
later and later.`

func newMDSFetch() *cobra.Command {
	c := &cobra.Command{
		Use:   "fetch --db FILE",
		Short: "download the BLOB from mds.url now, and import it",
		Long:  mdsFetchLong,
		Example: `  keystation mds fetch --db keys.db
  keystation mds fetch --db keys.db --config keystation.toml`,
		Args: cobra.NoArgs,
	}
	c.Flags().String("db", "", "the database, a `FILE` made by keystation init")
	asJSON := c.Flags().Bool("json", false, "one JSON object")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return withDesk(c, func(ctx context.Context, d *desk) error {
			if d.cfg.MDS.URL == "" {
				return inventory.Refuse(inventory.Invalid, "mds.url is not set, so there is nowhere to download metadata from: set it in the configuration, or import a file with keystation mds import FILE.")
			}
			f := newFetcher(d)
			f.say = importOutput{c.OutOrStdout(), c.ErrOrStderr(), *asJSON}
			f.by = osActor()
			fresh, err := f.once(ctx)
			if err != nil || fresh {
				return err
			}
			return f.sayNothingNew(ctx)
		})
	}
	return c
}

// sayNothingNew says that what is here is the newest there is.
func (f *fetcher) sayNothingNew(ctx context.Context) error {
	m, err := f.desk.store.MetadataInfo(ctx)
	if err != nil {
		return err
	}
	if f.say.json {
		return json.NewEncoder(f.say.out).Encode(imported{Metadata: m, Same: true, Skipped: []attest.Skipped{}, Overdue: m.Overdue(time.Now())})
	}
	fmt.Fprintf(f.say.err, "There is nothing newer than what is here, no. %d.\n", m.No)
	return nil
}

// fetcher downloads metadata. It is used by one goroutine.
type fetcher struct {
	desk   *desk
	by     inventory.Actor
	client *http.Client
	say    importOutput
	pause  func(context.Context, time.Duration) error
	after  time.Duration // that the server asked to be left alone for, the last time
}

// The limits of a download.
const (
	fetchTime   = 5 * time.Minute
	firstRetry  = 5 * time.Minute
	validators  = "mds-fetch.json" // in the bench's folder
	userAgent   = "keystation"
	mostRetries = 10 // that make the pause longer
)

func newFetcher(d *desk) *fetcher {
	return &fetcher{desk: d, by: inventory.System("download"), client: &http.Client{Timeout: fetchTime, CheckRedirect: staySafe}, say: importOutput{io.Discard, io.Discard, false}, pause: pauseFor}
}

// staySafe follows a server to another address, but not from https to http.
func staySafe(next *http.Request, via []*http.Request) error {
	if len(via) > 5 {
		return errors.New("the server sends us round in circles")
	}
	if via[0].URL.Scheme == "https" && next.URL.Scheme != "https" {
		return errors.New("the server sends us to an address without encryption")
	}
	return nil
}

func pauseFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// loop downloads every interval until ctx ends. After a failure it waits longer and longer, with some chance in it, so
// that many desks do not come back at once.
func (f *fetcher) loop(ctx context.Context) {
	failures := 0
	for {
		fresh, err := f.once(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !fresh:
			failures++
			f.desk.log.Warn("metadata were not downloaded", "err", err)
		case err != nil: // whoever judges what is new finds it
			failures = 0
			f.desk.log.Warn("newer metadata were imported, but the keys were not judged by them", "err", err)
		default:
			failures = 0
			f.desk.log.Info("metadata were looked for", "newer", fresh)
		}
		if f.pause(ctx, f.wait(failures)) != nil {
			return
		}
	}
}

// wait is how long to wait after so many failures in a row.
func (f *fetcher) wait(failures int) time.Duration {
	interval := f.desk.cfg.MDS.Interval
	if failures == 0 {
		return interval
	}
	d := firstRetry << min(failures-1, mostRetries)
	d = max(min(d, interval), min(f.after, interval))
	return d + time.Duration(rand.Int64N(int64(d/5)+1))
}

// seenBefore is what a server said about the BLOB that was downloaded last (RFC 9110 §13.1), and which one that was.
type seenBefore struct {
	URL          string `json:"url"`
	ETag         string `json:"etag"`
	LastModified string `json:"last_modified"`
	No           int64  `json:"no"`
}

func (f *fetcher) file() string { return filepath.Join(f.desk.cfg.Bench.Dir, validators) }

// before reads what was downloaded last. Nothing of it counts when another address is asked, or when the inventory does not
// have it any more: it came back from a backup, or was begun anew.
func (f *fetcher) before(ctx context.Context) (seenBefore, error) {
	m, err := f.desk.store.MetadataInfo(ctx)
	if err != nil {
		return seenBefore{}, err
	}
	var s seenBefore
	text, err := os.ReadFile(f.file())
	if err != nil || json.Unmarshal(text, &s) != nil || s.URL != f.desk.cfg.MDS.URL || m.No == 0 || m.No < s.No {
		return seenBefore{}, nil // it is asked without
	}
	return s, nil
}

// remember keeps what the server said. Where that cannot be written, the same BLOB is downloaded again another time.
func (f *fetcher) remember(is seenBefore) {
	text, err := json.Marshal(is)
	if err == nil {
		err = os.WriteFile(f.file(), text, 0o600)
	}
	if err != nil {
		f.desk.log.Warn("what the server of the metadata said cannot be kept, so they are downloaded again each time", "err", err)
	}
}

// once asks for the BLOB and imports it. False means that the server has nothing newer; an error with true, that the keys
// could not be judged by what was imported.
func (f *fetcher) once(ctx context.Context) (fresh bool, err error) {
	f.after = 0
	was, err := f.before(ctx)
	if err != nil {
		return false, err
	}
	blob, is, err := f.download(ctx, was)
	if err != nil || blob == nil {
		return false, err
	}
	did, err := f.desk.keepMetadata(ctx, f.by, blob, time.Time{})
	if err != nil {
		return false, err
	}
	is.No = did.No
	f.remember(is)
	if did.Same { // from a server that does not answer conditions
		return false, nil
	}
	return true, f.desk.tell(ctx, f.by, did, f.say)
}

// download gives the BLOB, or nil when the server says that it is the one seen before.
func (f *fetcher) download(ctx context.Context, was seenBefore) ([]byte, seenBefore, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.desk.cfg.MDS.URL, nil)
	if err != nil {
		return nil, was, fmt.Errorf("ask for metadata: %w", err)
	}
	req.Header.Set("User-Agent", userAgent)
	if was.ETag != "" {
		req.Header.Set("If-None-Match", was.ETag)
	}
	if was.LastModified != "" {
		req.Header.Set("If-Modified-Since", was.LastModified)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, was, &inventory.Error{Kind: inventory.Unavailable, Err: err, Msg: "The server of the metadata cannot be reached: look at mds.url and the network."}
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified {
		return nil, was, nil
	}
	if resp.StatusCode != http.StatusOK {
		f.after = retryAfter(resp.Header.Get("Retry-After"), time.Now())
		return nil, was, inventory.Refuse(inventory.Unavailable, "The server of the metadata answered %s: it is asked again later.", resp.Status)
	}
	blob, err := io.ReadAll(io.LimitReader(resp.Body, largestBLOB+1))
	if err != nil {
		return nil, was, &inventory.Error{Kind: inventory.Unavailable, Err: err, Msg: "The download of the metadata broke off: it is tried again later."}
	}
	if len(blob) > largestBLOB {
		return nil, was, inventory.Refuse(inventory.Invalid, "What is at mds.url is larger than any metadata BLOB: look at the address.")
	}
	return blob, seenBefore{URL: f.desk.cfg.MDS.URL, ETag: resp.Header.Get("ETag"), LastModified: resp.Header.Get("Last-Modified")}, nil
}

// retryAfter reads how long a server wants to be left alone: seconds, or a time (RFC 9110 §10.2.3). What is longer than a
// month is no wish of a server's.
func retryAfter(text string, now time.Time) time.Duration {
	const longest = 31 * 24 * time.Hour
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, longest)
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, min(at.Sub(now), longest))
	}
	return 0
}

// isDownloadURL tells an address to download from: encrypted, or on this machine.
func isDownloadURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}
