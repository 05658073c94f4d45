package ledger_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"keystation/inventory/ledger"
)

func sample() ledger.Checkpoint {
	return ledger.Checkpoint{
		Origin: "keys.example.com Zürich",
		Size:   1234,
		Root:   ledger.LeafHash([]byte("sample")),
		Time:   time.Date(2026, 11, 20, 8, 15, 0, 0, time.UTC),
	}
}

func newKey(t testing.TB, name string) (private, verifier string) {
	t.Helper()
	private, verifier, err := ledger.NewSigningKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	return private, verifier
}

func signed(t testing.TB, c ledger.Checkpoint, private string) []byte {
	t.Helper()
	note, err := c.Sign(private)
	if err != nil {
		t.Fatal(err)
	}
	return note
}

func TestCheckpoint_textIsWhatPeopleRead(t *testing.T) {
	want := "keystation ledger checkpoint v1\norigin keys.example.com Zürich\nsize 1234\n" +
		"root 5WqxKw0VXgEI2abkk3OQx0JqnVyn3uOXkmrLbrbd4ZA=\ntime 2026-11-20T08:15:00Z\n"
	c := sample()
	c.Root, _ = ledger.ParseHash("5WqxKw0VXgEI2abkk3OQx0JqnVyn3uOXkmrLbrbd4ZA=")
	c.Time = c.Time.In(time.FixedZone("CET", 3600)).Add(999 * time.Millisecond)
	if got, err := c.Text(); err != nil || got != want {
		t.Errorf("text\n%s(%v), want\n%s", got, err, want)
	}
}

func TestOpenCheckpoint_givesBackWhatWasSigned(t *testing.T) {
	private, verifier := newKey(t, "ledger-2026")
	_, other := newKey(t, "witness")
	empty := sample()
	empty.Size, empty.Root = 0, ledger.EmptyRoot()
	for name, c := range map[string]ledger.Checkpoint{"grown": sample(), "empty": empty} {
		got, err := ledger.OpenCheckpoint(signed(t, c, private), other, verifier, verifier)
		if err != nil || got != c {
			t.Errorf("%s: got %+v, %v; want %+v", name, got, err, c)
		}
	}
}

func TestOpenCheckpoint_passesOverOtherSignatures(t *testing.T) {
	private, verifier := newKey(t, "ledger")
	witness, _ := newKey(t, "witness")
	c := sample()
	_, line, _ := bytes.Cut(signed(t, c, witness), []byte("\n\n"))
	both := append(signed(t, c, private), line...)
	if got, err := ledger.OpenCheckpoint(both, verifier); err != nil || got != c {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestOpenCheckpoint_noticesEveryChange(t *testing.T) {
	private, verifier := newKey(t, "ledger")
	note := signed(t, sample(), private)
	for i := range note {
		forged := bytes.Clone(note)
		forged[i] ^= 1
		// The last base64 character has two bits that mean nothing; all else counts.
		if c, err := ledger.OpenCheckpoint(forged, verifier); err == nil && (c != sample() || i < len(note)-3) {
			t.Errorf("byte %d was changed and the checkpoint still opened:\n%s", i, forged)
		}
	}
	for end := range note {
		if _, err := ledger.OpenCheckpoint(note[:end], verifier); err == nil {
			t.Errorf("cut after %d bytes and the checkpoint still opened", end)
		}
	}
}

func TestOpenCheckpoint_tellsFaultsApart(t *testing.T) {
	private, verifier := newKey(t, "ledger")
	_, stranger := newKey(t, "ledger") // same name, another key
	note := signed(t, sample(), private)
	forged := bytes.Replace(note, []byte("size 1234"), []byte("size 1235"), 1)
	for name, tt := range map[string]struct {
		note []byte
		key  string
		want error
	}{
		"nothing":         {nil, verifier, ledger.ErrNotCheckpoint},
		"a picture":       {[]byte("\x89PNG\r\n"), verifier, ledger.ErrNotCheckpoint},
		"text unsigned":   {[]byte(strings.Split(string(note), "\n\n")[0] + "\n"), verifier, ledger.ErrNotCheckpoint},
		"another note":    {[]byte("go.sum database tree\n1\n\n— x AAAAAAAA\n"), verifier, ledger.ErrNotCheckpoint},
		"size rewritten":  {forged, verifier, ledger.ErrSignature},
		"key not known":   {note, stranger, ledger.ErrUnknownKey},
		"key is garbage":  {note, "no key", ledger.ErrKey},
		"key of the safe": {note, private, ledger.ErrKey},
	} {
		c, err := ledger.OpenCheckpoint(tt.note, tt.key)
		if !errors.Is(err, tt.want) || c != (ledger.Checkpoint{}) {
			t.Errorf("%s: %+v, %v; want %v", name, c, err, tt.want)
		}
	}
	if _, err := ledger.OpenCheckpoint(note); !errors.Is(err, ledger.ErrUnknownKey) {
		t.Errorf("without a key: %v", err)
	}
}

func TestParseText_knowsOneFormOnly(t *testing.T) {
	good, err := sample().Text()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"other version":   strings.Replace(good, "v1", "v2", 1),
		"leading zero":    strings.Replace(good, "size 1234", "size 01234", 1),
		"plus sign":       strings.Replace(good, "size 1234", "size +1234", 1),
		"below zero":      strings.Replace(good, "size 1234", "size -1", 1),
		"size zero":       strings.Replace(good, "size 1234", "size 0", 1),
		"huge":            strings.Replace(good, "size 1234", "size 99999999999999999999", 1),
		"fraction":        strings.Replace(good, "00Z", "00.5Z", 1),
		"other zone":      strings.Replace(good, "00Z", "00+01:00", 1),
		"no such day":     strings.Replace(good, "11-20", "11-31", 1),
		"short root":      strings.Replace(good, "=", "", 1),
		"origin missing":  strings.Replace(good, "origin keys.example.com Zürich", "origin ", 1),
		"origin unlabled": strings.Replace(good, "origin ", "", 1),
		"line too many":   good + "note hello\n",
		"end missing":     strings.TrimSuffix(good, "\n"),
		"windows lines":   strings.ReplaceAll(good, "\n", "\r\n"),
	} {
		if c, err := ledger.ParseText(text); !errors.Is(err, ledger.ErrNotCheckpoint) {
			t.Errorf("%s: read as %+v, %v", name, c, err)
		}
	}
	if c, err := ledger.ParseText(good); err != nil || c != sample() {
		t.Errorf("good text: %+v, %v", c, err)
	}
}

func TestSign_refusesWhatCannotBeWritten(t *testing.T) {
	private, _ := newKey(t, "ledger")
	for name, change := range map[string]func(*ledger.Checkpoint){
		"no origin":         func(c *ledger.Checkpoint) { c.Origin = "" },
		"two-line origin":   func(c *ledger.Checkpoint) { c.Origin = "a\nsize 1" },
		"blank at the end":  func(c *ledger.Checkpoint) { c.Origin = "a " },
		"hidden character":  func(c *ledger.Checkpoint) { c.Origin = "a\u202eb" },
		"not UTF-8":         func(c *ledger.Checkpoint) { c.Origin = "a\xff" },
		"long origin":       func(c *ledger.Checkpoint) { c.Origin = strings.Repeat("a", 201) },
		"negative size":     func(c *ledger.Checkpoint) { c.Size = -1 },
		"empty with a root": func(c *ledger.Checkpoint) { c.Size = 0 },
		"year 10000":        func(c *ledger.Checkpoint) { c.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		c := sample()
		change(&c)
		if note, err := c.Sign(private); err == nil {
			t.Errorf("%s was signed:\n%s", name, note)
		}
	}
}

func TestSign_keepsTheKeyOutOfItsErrors(t *testing.T) {
	private, _ := newKey(t, "ledger")
	_, err := sample().Sign(private[:len(private)-3])
	if !errors.Is(err, ledger.ErrKey) || strings.Contains(err.Error(), private[30:50]) {
		t.Errorf("error %v", err)
	}
}

func TestNewSigningKey_refusesNames(t *testing.T) {
	for _, name := range []string{"", "two words", "a+b", "a\x00b", "\xff"} {
		if _, _, err := ledger.NewSigningKey(rand.Reader, name); err == nil {
			t.Errorf("a key was made with the name %q", name)
		}
	}
	if _, _, err := ledger.NewSigningKey(bytes.NewReader(nil), "ledger"); err == nil {
		t.Skip("this Go makes Ed25519 keys from its own randomness only")
	}
}

func FuzzOpenCheckpoint(f *testing.F) {
	private, verifier, err := ledger.NewSigningKey(rand.Reader, "ledger")
	if err != nil {
		f.Fatal(err)
	}
	note, err := sample().Sign(private)
	if err != nil {
		f.Fatal(err)
	}
	text, _ := sample().Text()
	f.Add(note)
	f.Add([]byte(text))
	f.Add(bytes.Replace(note, []byte("1234"), []byte("0"), 1))
	f.Fuzz(func(t *testing.T, in []byte) {
		if c, err := ledger.ParseText(string(in)); err == nil {
			if again, err := c.Text(); err != nil || again != string(in) {
				t.Errorf("%q was read and written as %q, %v", in, again, err)
			}
		}
		c, err := ledger.OpenCheckpoint(in, verifier)
		if err == nil && c != sample() {
			t.Errorf("opened a checkpoint that was never signed: %+v", c)
		}
		if err != nil && c != (ledger.Checkpoint{}) {
			t.Errorf("an error came with a checkpoint: %+v, %v", c, err)
		}
	})
}
