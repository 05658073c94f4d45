package softkey

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// hidg is the gadget's end of a USB HID function: /dev/hidgN of Linux's usb_f_hid. Whatever the gadget is plugged
// into has a hidraw node of its own, under a name that this end does not know.
type hidg struct{ *os.File }

// OpenHIDG opens the node of a gadget's HID function, for [Config.Open]. The function is to have reports of 64 bytes
// and [ReportDescriptor]. The node is there only while the gadget is bound to a controller, and has to be closed again
// before it is bound the next time: see [WatchHIDG].
func OpenHIDG(path string) (Node, error) {
	// Non-blocking, so that Close ends a Read that waits.
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open gadget", Path: path, Err: err}
	}
	return hidg{os.NewFile(uintptr(fd), path)}, nil
}

func (h hidg) Path() string { return h.Name() }

// Write gives a report to the host. A host that does not read loses it, as it would lose it in hidraw's ring buffer.
func (h hidg) Write(report []byte) (int, error) {
	if err := h.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return h.File.Write(report)
}

// WatchHIDG says when the node at path has come and when it has gone, the first time at once if it is there, until ctx
// ends or changed gives an error. To a gadget this is the hand: binding it to a controller plugs the key in, unbinding
// it pulls the key out.
func WatchHIDG(ctx context.Context, path string, changed func(there bool) error) error {
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		return fmt.Errorf("watch gadget: %w", err)
	}
	events := os.NewFile(uintptr(fd), "inotify")
	defer events.Close()
	if _, err := unix.InotifyAddWatch(fd, filepath.Dir(path), unix.IN_CREATE|unix.IN_DELETE|unix.IN_MOVE); err != nil {
		return &fs.PathError{Op: "watch gadget", Path: path, Err: err}
	}
	defer context.AfterFunc(ctx, func() { _ = events.SetReadDeadline(time.Unix(1, 0)) })()
	for was := os.FileInfo(nil); ; {
		now, err := os.Stat(path)
		if err != nil {
			now = nil
		}
		if err := tell(was, now, changed); err != nil {
			return err
		}
		was = now
		var batch [4096]byte
		_, err = events.Read(batch[:])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("watch gadget: %w", err)
		}
	}
}

// tell compares two looks at a node. It can have gone and come again between them, and is another one then.
func tell(was, now os.FileInfo, changed func(there bool) error) error {
	if was != nil && now != nil && os.SameFile(was, now) {
		return nil
	}
	if was != nil {
		if err := changed(false); err != nil {
			return err
		}
	}
	if now != nil {
		return changed(true)
	}
	return nil
}
