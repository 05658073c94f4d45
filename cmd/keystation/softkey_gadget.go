package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"keystation/station/softkey"
)

// nodeAfter is the node that stands n numbers after the one at path: /dev/hidg2 is two after /dev/hidg0.
func nodeAfter(path string, n int) (string, error) {
	name := strings.TrimRight(path, "0123456789")
	first, err := strconv.ParseUint(path[len(name):], 10, 16)
	if err != nil {
		return "", usagef("--hidg cannot be %q: name the gadget's node with its number, such as /dev/hidg0.", path)
	}
	return fmt.Sprintf("%s%d", name, first+uint64(n)), nil
}

// serveGadgets plugs each key in while the node of its gadget is there, and serves the signals, until the context ends.
func serveGadgets(c *cobra.Command, f softkeyFlags, hands <-chan os.Signal, keys []*softkey.Key) error {
	g, ctx := errgroup.WithContext(c.Context())
	plugged := make(chan *softkey.Key) // to be printed by one goroutine alone
	for i, k := range keys {
		path, err := nodeAfter(f.hidg, i)
		if err != nil {
			return err
		}
		g.Go(func() error {
			return softkey.WatchHIDG(ctx, path, func(there bool) error { return gadgetMoved(ctx, k, there, plugged) })
		})
	}
	g.Go(func() error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-hands:
				for _, k := range keys {
					k.PowerCycle()
				}
			case k := <-plugged:
				if err := printPaths(c.OutOrStdout(), []*softkey.Key{k}); err != nil {
					return err
				}
			}
		}
	})
	return g.Wait()
}

// gadgetMoved follows the node of a gadget. One that is gone again before it is opened is not there.
func gadgetMoved(ctx context.Context, k *softkey.Key, there bool, plugged chan<- *softkey.Key) error {
	if !there {
		k.Unplug()
		return nil
	}
	err := k.Plug()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	select {
	case plugged <- k:
	case <-ctx.Done():
	}
	return nil
}
