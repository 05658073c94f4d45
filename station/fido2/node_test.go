package fido2_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"keystation/inventory"
	"keystation/station/fido2"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// pty makes a pseudo-terminal and gives its master and the path of its slave, which stays open and is raw if asked.
func pty(t *testing.T, raw bool) (*os.File, string) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("This test needs /dev/ptmx: %v", err)
	}
	master := os.NewFile(uintptr(fd), "/dev/ptmx")
	t.Cleanup(func() { _ = master.Close() })
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/dev/pts/%d", n)
	slave, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(slave) })
	if raw {
		makeRaw(t, slave)
	}
	return master, path
}

func makeRaw(t *testing.T, fd int) {
	t.Helper()
	mode, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	mode.Iflag, mode.Oflag, mode.Lflag = 0, 0, 0
	mode.Cc[unix.VMIN], mode.Cc[unix.VTIME] = 64, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, mode); err != nil {
		t.Fatal(err)
	}
}

// TestOpen_whatIsNoKey shows the sentence that each wrong path gets.
func TestOpen_whatIsNoKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	cooked, person := pty(t, false)
	_, mute := pty(t, true)
	dead, gone := pty(t, true)
	_ = dead.Close()
	for _, c := range []struct {
		name, path string
		kind       inventory.Kind
		want       string
	}{
		{"nothing", filepath.Join(t.TempDir(), "none"), inventory.NotFound, "Nothing is at"},
		{"a file", file, inventory.Invalid, "is no FIDO device"},
		{"a folder", t.TempDir(), inventory.Invalid, "is no FIDO device"},
		{"a file as folder", file + "/x", inventory.NotFound, "Nothing is at"},
		{"the empty path", "", inventory.Invalid, "No path was given"},
		{"the null device", "/dev/null", inventory.Invalid, "is no FIDO device"},
		{"an endless device", "/dev/zero", inventory.Invalid, "is no FIDO device"},
		{"somebody's terminal", person, inventory.Invalid, "is no FIDO device"},
		{"a terminal that never answers", mute, inventory.Unavailable, "does not answer as a FIDO key does"},
		{"a key that was pulled", gone, inventory.NotFound, "Nothing is at"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, err := fido2.Open(t.Context(), c.path, nil)
			if err == nil {
				_ = k.Close()
				t.Fatal("it was opened")
			}
			if inventory.KindOf(err) != c.kind || !strings.Contains(inventory.Sentence(err), c.want) {
				t.Fatalf("have %s: %s\nwant %s: … %s …", inventory.KindOf(err), inventory.Sentence(err), c.kind, c.want)
			}
			t.Log(inventory.Sentence(err))
		})
	}
	t.Run("nothing was written to the terminal", func(t *testing.T) {
		if n := pending(t, cooked); n != 0 {
			t.Fatalf("%d bytes", n)
		}
	})
}

// pending is how many bytes wait at a pty's master.
func pending(t *testing.T, master *os.File) (n int) {
	t.Helper()
	conn, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if e := conn.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ) }); e != nil || err != nil {
		t.Fatal(e, err)
	}
	return n
}

func TestOpen_whenForbidden(t *testing.T) {
	_, path := pty(t, true)
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // who may open everything: this thread looks at files as nobody
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		const nobody = 65534
		if err := unix.Setfsuid(nobody); err != nil {
			t.Skipf("This test needs another user: %v", err)
		}
		defer func() { _ = unix.Setfsuid(0) }()
	}
	_, err := fido2.Open(t.Context(), path, nil)
	if inventory.KindOf(err) != inventory.Forbidden || !strings.Contains(inventory.Sentence(err), "udev rule") {
		t.Fatal(err)
	}
}

func TestOpen_whenTaken(t *testing.T) {
	_, path := pty(t, true)
	other, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := unix.Flock(int(other.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	_, err = fido2.Open(t.Context(), path, nil)
	if inventory.KindOf(err) != inventory.Unavailable || !strings.HasPrefix(inventory.Sentence(err), "Another program uses the key") {
		t.Fatal(err)
	}
}

// TestOpen_whenCanceled gives up on a mute key when the caller does.
func TestOpen_whenCanceled(t *testing.T) {
	master, path := pty(t, true)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = master.Read(make([]byte, 65)) // the INIT
		cancel()
	}()
	_, err := fido2.Open(ctx, path, nil)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := fido2.Open(ctx, path, nil); !errors.Is(err, context.Canceled) {
		t.Fatal("with a context that has ended:", err)
	}
}

// TestOpen_drownedInNoise ends although the node never stops talking.
func TestOpen_drownedInNoise(t *testing.T) {
	t.Parallel()
	master, path := pty(t, true)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for err := error(nil); err == nil; {
			_, err = master.Write(make([]byte, 64))
		}
	}()
	_, err := fido2.Open(t.Context(), path, nil)
	_ = master.Close()
	<-done
	if !strings.Contains(inventory.Sentence(err), "does not answer as a FIDO key does") {
		t.Fatal(err)
	}
}

// TestOpen_lockedForAMoment waits for a program that has the key while it lets it blink, and opens it then.
func TestOpen_lockedForAMoment(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{})
	other, err := unix.Open(k.Path(), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(other, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	free := time.AfterFunc(20*time.Millisecond, func() { _ = unix.Close(other) })
	defer free.Stop()
	a, err := fido2.Open(t.Context(), k.Path(), nil)
	if err != nil {
		t.Fatalf("a key that somebody had for a moment: %v", err)
	}
	_ = a.Close()
}
