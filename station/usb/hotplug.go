package usb

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"keystation/station"
)

var _ station.Hotplug = Bus{}

// burst is how long events are collected before they are told as one. A key that is plugged in makes several: the kernel
// makes its node, udev gives it a group, a mode and a link.
const burst = 30 * time.Millisecond

// Changes tells when a hidraw node comes, goes or is given to somebody. It needs inotify(7) on the folder of the nodes;
// pseudo-terminals have no part in it.
func (b Bus) Changes(ctx context.Context) (<-chan struct{}, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch for keys: %w", err)
	}
	if err := w.Add(b.dev()); err != nil {
		_ = w.Close() // nothing was watched
		return nil, fmt.Errorf("watch for keys: %w", err)
	}
	changes := make(chan struct{}, 1)
	go func() {
		defer close(changes)
		defer w.Close()
		relay(ctx, w, changes)
	}()
	return changes, nil
}

// relay passes on that there were events. An error of the watcher means that some were lost, so it is told like one.
func relay(ctx context.Context, w *fsnotify.Watcher, changes chan<- struct{}) {
	collected := time.NewTimer(0)
	<-collected.C
	collecting := false
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-w.Events:
			if !ok {
				return
			}
			if collecting || !plugging(e) {
				continue
			}
		case _, ok := <-w.Errors:
			if !ok {
				return
			}
			if collecting {
				continue
			}
		case <-collected.C:
			collecting = false
			select {
			case changes <- struct{}{}:
			default: // the one before is not taken yet: it stands for both
			}
			continue
		}
		collecting = true
		collected.Reset(burst)
	}
}

// plugging tells if an event is about who is plugged in and may be opened. What is written to a node is none of it.
func plugging(e fsnotify.Event) bool {
	return strings.HasPrefix(filepath.Base(e.Name), "hidraw") &&
		(e.Has(fsnotify.Create) || e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) || e.Has(fsnotify.Chmod))
}
