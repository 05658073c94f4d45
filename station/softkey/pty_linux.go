package softkey

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"keystation/station/ctaphid"
)

// staleAfter is when the beginning of a report is given up for a stranger's bytes.
const staleAfter = 500 * time.Millisecond

// writeTimeout bounds how long a report waits for a host that does not read.
const writeTimeout = time.Second

// pty is a pseudo-terminal that libfido2 takes for a hidraw node: it demands only a
// character device and falls back to 64-byte reports when the hidraw ioctls fail. A
// host writes 65 bytes, the report id 0 in front, and reads 64.
type pty struct {
	master *os.File
	slave  *os.File // kept open: else the master sees a hang-up between two hosts
	path   string

	pending []byte // what was read and is not a whole report yet
	since   time.Time
}

// OpenPTY makes a pseudo-terminal, the Node of a key whose Config names none. Who wants
// to see what passes puts a Node of its own around it.
func OpenPTY() (Node, error) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open pseudo-terminal: %w", err)
	}
	p := &pty{master: master}
	if err := p.openSlave(); err != nil {
		master.Close()
		return nil, fmt.Errorf("open pseudo-terminal: %w", err)
	}
	return p, nil
}

func (p *pty) openSlave() error {
	var number uint32
	err := onFD(p.master, func(fd int) error {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return fmt.Errorf("unlock: %w", err)
		}
		n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
		number = n
		return err
	})
	if err != nil {
		return err
	}
	p.path = fmt.Sprintf("/dev/pts/%d", number)
	p.slave, err = os.OpenFile(p.path, os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := p.Renew(); err != nil {
		p.slave.Close()
		return err
	}
	return nil
}

func onFD(f *os.File, act func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := conn.Control(func(fd uintptr) { inner = act(int(fd)) }); err != nil {
		return err
	}
	return inner
}

// Renew applies raw mode again and drops what an earlier host left unread. Any echo or
// translation would corrupt reports; VMIN of one report keeps reads whole.
func (p *pty) Renew() error {
	return onFD(p.slave, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return fmt.Errorf("get terminal mode: %w", err)
		}
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8 | unix.CREAD
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = ctaphid.Report, 0
		if err := unix.IoctlSetTermios(fd, unix.TCSETS, t); err != nil {
			return fmt.Errorf("set raw mode: %w", err)
		}
		if err := unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH); err != nil {
			return fmt.Errorf("flush: %w", err)
		}
		return nil
	})
}

func (p *pty) Path() string { return p.path }

// Read gives the next report. Bytes that do not start with report id 0 are somebody's
// typing or prompt and are dropped.
func (p *pty) Read(report []byte) (int, error) {
	for {
		for len(p.pending) > 0 && p.pending[0] != 0 {
			p.pending = p.pending[1:]
		}
		if len(p.pending) >= ctaphid.OutReport {
			n := copy(report, p.pending[1:ctaphid.OutReport])
			p.pending = p.pending[ctaphid.OutReport:]
			return n, nil
		}
		var buf [16 * ctaphid.OutReport]byte
		n, err := p.master.Read(buf[:])
		if err != nil {
			return 0, err
		}
		if len(p.pending) > 0 && time.Since(p.since) > staleAfter {
			p.pending = nil
		}
		p.pending, p.since = append(p.pending, buf[:n]...), time.Now()
	}
}

// Write gives a report to the host. A host that does not read loses it, as it would
// lose it in hidraw's ring buffer.
func (p *pty) Write(report []byte) (int, error) {
	if err := p.master.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return p.master.Write(report)
}

// HangUp gives EIO to whoever has the path open. While the slave is open the system
// gives the terminal's number to nobody else.
func (p *pty) HangUp() error { return p.master.Close() }

// Close hangs up and gives up the path.
func (p *pty) Close() error {
	hungUp := p.master.Close()
	p.slave.Close()
	if errors.Is(hungUp, os.ErrClosed) {
		return nil
	}
	return hungUp
}
