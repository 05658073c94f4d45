package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"keystation/inventory"
	"keystation/shipping"
	"keystation/shipping/pdf"
)

// printer makes packets: it is the bench's [station.Printer] and draws the same packet again for the pages. The parcel
// is written down before the file is, so paper and ledger cannot disagree.
type printer struct {
	desk  *desk
	limit time.Duration // for the print command; 0: printTime
}

// printTime is how long a print command may take: a spooler answers at once, and the port waits for it.
const printTime = 30 * time.Second

// sender is the desk as packets show it.
func (c Config) sender(s inventory.Settings) shipping.Desk {
	d := c.Desk
	out := shipping.Desk{Settings: s, Name: d.Name, Contact: d.Contact, Paper: shipping.Paper(d.Paper)}
	if d.Country != "" {
		out.Return = inventory.Address{
			Recipient: d.Name, Street: d.Street, City: d.City, Region: d.Region, PostalCode: d.Postal, Country: d.Country,
		}
	}
	return out
}

// Check refuses an order whose packet could not be printed.
func (p *printer) Check(_ context.Context, o inventory.Order) error {
	return pdf.Check(o, p.desk.cfg.sender(p.desk.settings))
}

// Print gives the parcel its number, draws the packet, puts the file into the folder for packets in one move, hands the
// file to the print command, if there is one, and writes down what was printed. That comes last, since a packet that is
// not written down is printed again at the next start: twice is better than never. When the command fails, the packet is
// there and told of all the same, so its path is returned together with the error.
func (p *printer) Print(ctx context.Context, o inventory.Order, k inventory.Key, run inventory.Run) (string, error) {
	parcel, err := p.desk.store.BeginParcel(ctx, run.Operator, o, k)
	if err != nil {
		return "", err
	}
	made := shipping.Made{Order: o, Key: k, Run: run, Parcel: parcel}
	packet, drawn, err := p.draw(made)
	if err != nil {
		return "", err
	}
	path := filepath.Join(p.desk.cfg.Bench.Packets, packetName(made))
	if err := replaceFile(path, drawn); err != nil {
		return "", err
	}
	unprinted := p.command(ctx, p.desk.cfg.Bench.PrintCommand, path)
	if err := p.printed(ctx, run.Operator, parcel, packet, drawn); err != nil {
		return "", errors.Join(err, unprinted)
	}
	return path, unprinted
}

// printed writes down what is on the paper: the sealed lines of the address and the digest of the whole.
func (p *printer) printed(ctx context.Context, by inventory.Actor, parcel inventory.Parcel, packet shipping.Packet, drawn []byte) error {
	_, sealer, err := p.desk.cfg.addresses()
	if err != nil {
		return err
	}
	if parcel.PrintedLines, err = sealer.SealLines(string(parcel.ID), packet.Label.To); err != nil {
		return err
	}
	sum := sha256.Sum256(drawn)
	parcel.PacketSHA256 = hex.EncodeToString(sum[:])
	return p.desk.store.SaveParcel(ctx, by, parcel)
}

// draw gives the packet and its bytes: the same for the same record.
func (p *printer) draw(made shipping.Made) (shipping.Packet, []byte, error) {
	packet, err := shipping.NewPacket(made, p.desk.cfg.sender(p.desk.settings), pdf.Glyphs)
	if err != nil {
		return packet, nil, err
	}
	var b bytes.Buffer
	if err := pdf.Draw(&b, packet); err != nil {
		return packet, nil, err
	}
	return packet, b.Bytes(), nil
}

// again draws the packet of a key that was made, for its page.
func (p *printer) again(ctx context.Context, id inventory.KeyID) ([]byte, string, error) {
	made, err := p.desk.store.Made(ctx, id)
	if err != nil {
		return nil, "", err
	}
	_, b, err := p.draw(shipping.Made(made))
	return b, packetName(shipping.Made(made)), err
}

// keyLabel draws the label that goes on a key.
func keyLabel(tag inventory.AssetTag, test bool) ([]byte, error) {
	var b bytes.Buffer
	err := pdf.DrawLabel(&b, tag, test)
	return b.Bytes(), err
}

// commandSheet draws the codes that hang beside the bench, on the desk's paper.
func (p *printer) commandSheet() ([]byte, error) {
	var b bytes.Buffer
	err := pdf.DrawCommands(&b, p.desk.cfg.sender(p.desk.settings).PrintsOn())
	return b.Bytes(), err
}

// contents is the packet of a key as a page shows it.
func (p *printer) contents(ctx context.Context, id inventory.KeyID) (shipping.Packet, error) {
	made, err := p.desk.store.Made(ctx, id)
	if err != nil {
		return shipping.Packet{}, err
	}
	return shipping.NewPacket(shipping.Made(made), p.desk.cfg.sender(p.desk.settings), pdf.Glyphs)
}

func packetName(m shipping.Made) string {
	return fmt.Sprintf("%s-%d-%s.pdf", m.Order.Requisition.Number, m.Order.Line.Position, m.Key.Tag)
}

// Label draws the label that goes on a key, puts it into the folder labels beside the packets, and hands it to the label
// command, if there is one: labels come out of another printer than packets.
func (p *printer) Label(ctx context.Context, k inventory.Key) error {
	drawn, err := keyLabel(k.Tag, k.Test)
	if err != nil {
		return err
	}
	dir := filepath.Join(p.desk.cfg.Bench.Packets, "labels")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return unwritable(dir, err)
	}
	path := filepath.Join(dir, string(k.Tag)+".pdf")
	if err := replaceFile(path, drawn); err != nil {
		return err
	}
	return p.command(ctx, p.desk.cfg.Bench.LabelCommand, path)
}

// command hands the file to a configured program. What it says on failure is what a person needs. One that hangs is
// stopped.
func (p *printer) command(ctx context.Context, argv []string, path string) error {
	if len(argv) == 0 {
		return nil
	}
	limit := cmp.Or(p.limit, printTime)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(limited, argv[0], append(slices.Clone(argv[1:]), path)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it started is stopped with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	switch {
	case limited.Err() != nil:
		first = fmt.Sprintf("it was stopped after %v", limit)
	case first == "":
		first = err.Error()
	}
	return &inventory.Error{
		Kind: inventory.Unavailable, Err: err,
		Msg: fmt.Sprintf("%s did not print it (%s); the file is at %s.", argv[0], first, path),
	}
}

// replaceFile puts a whole file in place of what is there, or nothing. It is on the disk when it returns.
func replaceFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".packet-*")
	if err != nil {
		return unwritable(filepath.Dir(path), err)
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o640), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(unwritable(path, err), os.Remove(f.Name()))
	}
	return syncFolder(filepath.Dir(path))
}
