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
)

const mdsFetchLong = `Downloads the BLOB from mds.url of the configuration and imports it, as keystation
mds import does with a file. Nothing is downloaded where the one that is here is
the newest. With mds.url set, keystation serve does so by itself, every
mds.interval; it never waits for it, and a download that fails is tried again
later and later.`

func newMDSFetch() *cobra.Command {
	c := &cobra.Command{
		Use:     "fetch --db FILE",
		Short:   "download the BLOB from mds.url now, and import it",
		Long:    mdsFetchLong,
		Example: `  keystation mds fetch --db keys.db
  keystation mds fetch --db keys.db --config keystation.toml`,
		Args:    cobra.NoArgs,
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
			fresh, err := f.once(ctx)
			if err == nil && !fresh {
				fmt.Fprintln(c.ErrOrStderr(), "There is nothing newer than what is here.")
			}
			return err
		})
	}
	return c
}

// fetcher downloads metadata. It is used by one goroutine.
type fetcher struct {
	desk   *desk
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
	return &fetcher{desk: d, client: &http.Client{Timeout: fetchTime, CheckRedirect: staySafe}, say: importOutput{io.Discard, io.Discard, false}, pause: pauseFor}
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
		case err != nil:
			failures++
			f.desk.log.Warn("metadata were not downloaded", "err", err)
		case fresh:
			f.desk.log.Info("newer metadata were imported")
			fallthrough
		default:
			failures = 0
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

// seenBefore is what a server said about the BLOB that was downloaded last (RFC 9110 §13.1).
type seenBefore struct {
	URL          string `json:"url"`
	ETag         string `json:"etag"`
	LastModified string `json:"last_modified"`
}

func (f *fetcher) file() string { return filepath.Join(f.desk.cfg.Bench.Dir, validators) }

// before reads what was downloaded last; nothing of it counts when there are no metadata, or another address is asked.
func (f *fetcher) before(ctx context.Context) (seenBefore, error) {
	m, err := f.desk.store.MetadataInfo(ctx)
	if err != nil {
		return seenBefore{}, err
	}
	var s seenBefore
	text, err := os.ReadFile(f.file())
	if err != nil || json.Unmarshal(text, &s) != nil || s.URL != f.desk.cfg.MDS.URL || m.No == 0 {
		return seenBefore{}, nil // it is asked without
	}
	return s, nil
}

// once asks for the BLOB and imports it. False means that the server has nothing newer.
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
	if err := f.desk.importMetadata(ctx, blob, time.Time{}, f.say); err != nil {
		return false, err
	}
	text, err := json.Marshal(is)
	if err != nil {
		return true, fmt.Errorf("keep what was downloaded: %w", err)
	}
	if err := os.WriteFile(f.file(), text, 0o600); err != nil {
		return true, fmt.Errorf("keep what was downloaded: %w", err)
	}
	return true, nil
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
		f.after = retryAfter(resp.Header.Get("Retry-After"))
		return nil, was, inventory.Refuse(inventory.Unavailable, "The server of the metadata answered %s: it is asked again later.", resp.Status)
	}
	blob, err := io.ReadAll(io.LimitReader(resp.Body, largestBLOB+1))
	if err != nil {
		return nil, was, &inventory.Error{Kind: inventory.Unavailable, Err: err, Msg: "The download of the metadata broke off: it is tried again later."}
	}
	if len(blob) > largestBLOB {
		return nil, was, inventory.Refuse(inventory.Invalid, "What is at mds.url is larger than any metadata BLOB: look at the address.")
	}
	return blob, seenBefore{f.desk.cfg.MDS.URL, resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")}, nil
}

// retryAfter reads how many seconds a server wants to be left alone (RFC 9110 §10.2.3).
func retryAfter(text string) time.Duration {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(n) * time.Second
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
