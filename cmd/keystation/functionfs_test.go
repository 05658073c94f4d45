package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"keystation/station/softkey"
)

// userFunction is a HID function that is made in user space, through FunctionFS: the kernel's own is there four times
// (HIDG_MINORS of its f_hid.c) and no more.
type userFunction struct {
	dir     string   // its mount: ep0 controls it, ep1 is to the host, ep2 from it
	control *os.File // as long as it is open the function is there
	ended   sync.WaitGroup
}

// addUserFunction makes one for the gadget and serves what the host asks of it.
func (g *gadget) addUserFunction(n int) *userFunction {
	g.Helper()
	g.function = fmt.Sprintf("functions/ffs.key%d", n)
	g.mkdir(g.function)
	f := &userFunction{dir: g.TempDir()}
	g.must(unix.Mount(fmt.Sprintf("key%d", n), f.dir, "functionfs", 0, ""))
	fd, err := unix.Open(filepath.Join(f.dir, "ep0"), unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	g.must(err)
	f.control = os.NewFile(uintptr(fd), "ep0") // non-blocking, so that close ends serve
	for _, b := range [][]byte{functionDescriptors(), functionStrings()} {
		_, err := f.control.Write(b)
		g.must(err)
	}
	f.ended.Go(f.serve)
	return f
}

func (f *userFunction) close() error {
	_ = f.control.Close()
	f.ended.Wait()
	return unix.Unmount(f.dir, unix.MNT_DETACH)
}

// functionDescriptors are an interface, its HID descriptor (HID 1.11 §6.2.1) and two interrupt endpoints, for full
// speed and for high speed, as <linux/usb/functionfs.h> wants them.
func functionDescriptors() []byte {
	const magic, fullSpeed, highSpeed, count = 3, 1, 2, 4
	report := softkey.ReportDescriptor()
	one := []byte{
		9, 0x04, 0, 0, 2, 3, 0, 0, 0, // interface: two endpoints, class HID
		9, 0x21, 0x11, 0x01, 0, 1, 0x22, byte(len(report)), 0, // HID 1.11, one report descriptor
		7, 0x05, 0x81, 3, 64, 0, 4, // in, interrupt, 64 bytes
		7, 0x05, 0x02, 3, 64, 0, 4, // out
	}
	head := 5*4 + 2*len(one)
	b := littleEndian(magic, head, fullSpeed|highSpeed, count, count)
	return append(append(b, one...), one...)
}

// functionStrings are none.
func functionStrings() []byte { return littleEndian(2, 16, 0, 0) }

func littleEndian(words ...int) (b []byte) {
	for _, w := range words {
		b = binary.LittleEndian.AppendUint32(b, uint32(w))
	}
	return b
}

// serve answers the host's requests to the interface: its report descriptor (HID 1.11 §7.1.1), and a nod for whatever
// else is set. It ends when the control file is closed.
func (f *userFunction) serve() {
	const size, setup, kind = 12, 4, 8
	var events [8 * size]byte
	for {
		n, err := f.control.Read(events[:])
		if err != nil {
			return
		}
		for e := events[:n]; len(e) >= size; e = e[size:] {
			if e[kind] == setup {
				f.answer(e[:kind])
			}
		}
	}
}

// answer goes round os.File, which makes no call for nothing: to read nothing is to accept a request without data, and
// to read when it is to be written is to refuse.
func (f *userFunction) answer(request []byte) {
	const in, getDescriptor, reportDescriptor = 0x80, 6, 0x22
	length := int(binary.LittleEndian.Uint16(request[6:]))
	conn, err := f.control.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) { // the host sees what came of it, or has gone
		switch {
		case request[0]&in == 0:
			_, _ = unix.Read(int(fd), make([]byte, length))
		case request[1] == getDescriptor && request[3] == reportDescriptor:
			b := softkey.ReportDescriptor()
			_, _ = unix.Write(int(fd), b[:min(length, len(b))])
		default:
			_, _ = unix.Read(int(fd), nil)
		}
	})
}

// userNode is both endpoints of a userFunction as the node of a key. A read ends when the gadget is unbound, not before.
type userNode struct {
	toHost, fromHost *os.File
	path             string
}

func (f *userFunction) open() (softkey.Node, error) {
	toHost, err := os.OpenFile(filepath.Join(f.dir, "ep1"), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	fromHost, err := os.OpenFile(filepath.Join(f.dir, "ep2"), os.O_RDWR, 0)
	if err != nil {
		_ = toHost.Close()
		return nil, err
	}
	return userNode{toHost, fromHost, f.dir}, nil
}

func (u userNode) Path() string                { return u.path }
func (u userNode) Write(b []byte) (int, error) { return u.toHost.Write(b) }
func (u userNode) Read(b []byte) (int, error)  { return u.fromHost.Read(b) }
func (u userNode) Close() error {
	_ = u.toHost.Close()
	return u.fromHost.Close()
}
