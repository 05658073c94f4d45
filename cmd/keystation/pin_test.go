package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestProvision_leavesNoPIN stops the program after its last key, opens the sealed PIN, and looks for it in everything
// that the program wrote, was told, or still has in its memory. The key is in the test's process, so what is found is
// the program's own.
func TestProvision_leavesNoPIN(t *testing.T) {
	for _, profile := range []string{"modern", "fido20", "mute-when-forced"} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.asked()
			h.configure(`pin_length = 20`, `level = "debug"`)
			known := "kept while held, " + filepath.Base(h.dir) + profile
			k := stationtest.Key(t, softkey.Config{Profile: profile})
			p := h.provision([]string{heldWhen + "=made", canary + "=" + reversed(known)}, k.Path()).start()
			p.await(&p.err, "held\n")
			p.await(&p.out, "}\n")
			made := reports(t, p.out.String())
			if len(made) != 1 || made[0].Packet == "" {
				t.Fatalf("want one key with its packet\n%s%s", p.err.String(), p.out.String())
			}
			pin := string([]byte(h.pinOf(made[0].Key)))
			if len(pin) != 20 {
				t.Fatalf("the sealed PIN has %d digits, want 20", len(pin))
			}
			for _, place := range p.places(h, known) {
				s := newSearch(pin, place.known)
				place.look(t, s)
				for what := range s.found {
					if what != place.known {
						t.Errorf("%s holds %s of the PIN", place.name, what)
					}
				}
				if !s.found[place.known] {
					t.Errorf("the search of %s does not find %q, which is there", place.name, place.known)
				}
			}
		})
	}
}

func reversed(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

// place is somewhere that the PIN must not be, and something that is there.
type place struct {
	name, known string
	look        func(*testing.T, *search)
}

// places are all that the held process wrote, was told and remembers.
func (p *process) places(h house, held string) []place {
	made := reports(p.T, p.out.String())[0]
	proc := fmt.Sprintf("/proc/%d/", p.cmd.Process.Pid)
	text := func(s string) func(*testing.T, *search) {
		return func(_ *testing.T, s2 *search) { s2.in([]byte(s)) }
	}
	all := []place{
		{"standard output", string(made.Run), text(p.out.String())},
		{"standard error", "held", text(p.err.String())},
		{"its arguments", "Grace Hopper", fileSearch(proc + "cmdline")},
		{"its environment", heldWhen, fileSearch(proc + "environ")},
		{"its memory", held, memorySearch(proc)},
		{"database, secrets, bench folder and packets", string(made.Run), treeSearch(h.dir)},
	}
	for _, suffix := range []string{"-wal", "-shm"} { // they are there while it is held, and looked through above
		if _, err := os.Stat(h.db + suffix); err != nil {
			p.Errorf("the database's companion is missing: %v", err)
		}
	}
	limits, err := os.ReadFile(proc + "limits")
	if err != nil || !regexp.MustCompile(`(?m)^Max core file size +0 +0 `).Match(limits) {
		p.Errorf("a crash could leave a core dump behind, %v:\n%s", err, limits)
	}
	pdftotext, err := exec.LookPath("pdftotext")
	if err != nil {
		p.Log("The text of the packet is not looked through: this needs pdftotext, from poppler-utils.")
		return all
	}
	printed, err := exec.Command(pdftotext, made.Packet, "-").Output()
	if err != nil {
		p.Fatal(err)
	}
	return append(all, place{"the text of the packet", string(made.Tag), text(string(printed))})
}

// search looks for a PIN of twenty digits, whole or one half of it, as it is and in UTF-16, and for a text that is known
// to be there.
type search struct {
	needles map[string][]byte
	longest int
	found   map[string]bool
}

func newSearch(pin, known string) *search {
	s := &search{needles: map[string][]byte{known: []byte(known)}, found: map[string]bool{}}
	half := len(pin) / 2
	for name, part := range map[string]string{"the first half": pin[:half], "the second half": pin[half:]} {
		wide := utf16.Encode([]rune(part))
		s.needles[name] = []byte(part)
		s.needles[name+" (UTF-16LE)"], _ = binary.Append(nil, binary.LittleEndian, wide)
		s.needles[name+" (UTF-16BE)"], _ = binary.Append(nil, binary.BigEndian, wide)
	}
	for needle := range maps.Values(s.needles) {
		s.longest = max(s.longest, len(needle))
	}
	return s
}

func (s *search) in(b []byte) {
	for name, needle := range s.needles {
		if !s.found[name] && bytes.Contains(b, needle) {
			s.found[name] = true
		}
	}
}

func fileSearch(path string) func(*testing.T, *search) {
	return func(t *testing.T, s *search) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s.in(b)
	}
}

func treeSearch(dir string) func(*testing.T, *search) {
	return func(t *testing.T, s *search) {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				fileSearch(path)(t, s)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// memorySearch looks through every page that the process may write and that is anywhere: in memory or swapped out. The
// race detector reserves terabytes of addresses, so the page map is asked first.
func memorySearch(proc string) func(*testing.T, *search) {
	return func(t *testing.T, s *search) {
		mem, err := os.Open(proc + "mem")
		if err != nil {
			t.Skipf("This test needs to read the memory of its child: %v", err)
		}
		defer mem.Close()
		pagemap, err := os.Open(proc + "pagemap")
		if err != nil {
			t.Skipf("This test needs the page map of its child: %v", err)
		}
		defer pagemap.Close()
		b, err := os.ReadFile(proc + "maps")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			var from, to uint64 // the last mapping does not fit into a file's offset; it is not written
			var mode string
			if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			if !strings.HasPrefix(mode, "rw") {
				continue
			}
			err := eachPresent(pagemap, int64(from), int64(to), func(from, to int64) error { return s.between(mem, from, to) })
			if err != nil {
				t.Fatalf("%s: %v", strings.TrimSpace(line), err)
			}
		}
	}
}

// eachPresent finds the stretches of a mapping that have pages (proc_pid_pagemap(5): bit 63 present, bit 62 swapped).
func eachPresent(pagemap io.ReaderAt, from, to int64, do func(from, to int64) error) error {
	page := int64(os.Getpagesize())
	entries := make([]byte, 8<<16)
	begun := int64(-1)
	for at := from; at < to; {
		n, err := pagemap.ReadAt(entries[:min(int64(len(entries)), (to-at)/page*8)], at/page*8)
		if n == 0 {
			return err
		}
		for i := 0; i+8 <= n; i, at = i+8, at+page {
			present := binary.NativeEndian.Uint64(entries[i:])>>62 != 0
			if present && begun < 0 {
				begun = at
			}
			if !present && begun >= 0 {
				if err := do(begun, at); err != nil {
					return err
				}
				begun = -1
			}
		}
	}
	if begun >= 0 {
		return do(begun, to)
	}
	return nil
}

// between looks through a stretch of memory, a piece at a time with overlaps.
func (s *search) between(mem io.ReaderAt, from, to int64) error {
	piece := make([]byte, min(1<<20, to-from))
	step := int64(len(piece) - s.longest + 1)
	for at := from; at < to; at += step {
		n, err := mem.ReadAt(piece[:min(int64(len(piece)), to-at)], at)
		if n == 0 {
			return err
		}
		s.in(piece[:n])
	}
	return nil
}
