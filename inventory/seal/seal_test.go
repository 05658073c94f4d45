package seal_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/seal"
)

func pair(t *testing.T) (seal.Sealer, seal.Opener) {
	t.Helper()
	identity, recipient, err := seal.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.NewSealer(recipient)
	if err != nil {
		t.Fatal(err)
	}
	o, err := seal.NewOpener(identity)
	if err != nil {
		t.Fatal(err)
	}
	if o.Recipient() != recipient {
		t.Errorf("recipient %q became %q", recipient, o.Recipient())
	}
	return s, o
}

func TestSealer_Seal(t *testing.T) {
	s, o := pair(t)
	for _, pin := range []string{"1234", "correct horse", "пароль-12", strings.Repeat("9", 63)} {
		blob, err := s.Seal("run-1", "key-1", inventory.PIN(pin))
		if err != nil {
			t.Fatalf("seal %d bytes: %v", len(pin), err)
		}
		if bytes.Contains(blob, []byte(pin)) || bytes.Contains(blob, []byte("run-1")) {
			t.Error("the blob shows what it holds")
		}
		got, err := o.Open(blob, "run-1", "key-1")
		if err != nil || !bytes.Equal(got, []byte(pin)) {
			t.Errorf("opened %d bytes, want %d: %v", len(got), len(pin), err)
		}
	}
}

func TestSealer_Seal_refusesWhatIsNoPIN(t *testing.T) {
	s, _ := pair(t)
	for name, pin := range map[string]string{"empty": "", "too long": strings.Repeat("9", 64), "two lines": "12\n34"} {
		if _, err := s.Seal("run-1", "key-1", inventory.PIN(pin)); !errors.Is(err, seal.ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Seal("", "key-1", inventory.PIN("1234")); !errors.Is(err, seal.ErrForm) {
		t.Errorf("without a run: %v", err)
	}
	if _, err := (seal.Sealer{}).Seal("run-1", "key-1", inventory.PIN("1234")); err == nil {
		t.Error("a sealer without recipient sealed")
	}
}

// Two blobs that are swapped in the database are right in themselves; what they name tells.
func TestOpener_Open_whenSwapped(t *testing.T) {
	s, o := pair(t)
	one, err := s.Seal("run-1", "key-1", inventory.PIN("1111"))
	if err != nil {
		t.Fatal(err)
	}
	address, err := s.SealAddress("run-1", inventory.Address{City: "Berlin"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		blob []byte
		run  inventory.RunID
		key  inventory.KeyID
		want error
	}{
		{"its own", one, "run-1", "key-1", nil},
		{"another key's", one, "run-1", "key-2", seal.ErrSwapped},
		{"another run's", one, "run-2", "key-1", seal.ErrSwapped},
		{"a longer run's", one, "run-1\nkey key-1", "", seal.ErrSwapped},
		{"an address", address, "run-1", "key-1", seal.ErrForm},
		{"void", nil, "run-1", "key-1", seal.ErrClosed},
		{"cut off", one[:len(one)-1], "run-1", "key-1", seal.ErrClosed},
		{"one byte changed", append(bytes.Clone(one[:len(one)-1]), one[len(one)-1]^1), "run-1", "key-1", seal.ErrClosed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pin, err := o.Open(tt.blob, tt.run, tt.key)
			if !errors.Is(err, tt.want) || (err != nil) != (pin == nil) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestOpener_Open_withAnotherIdentity(t *testing.T) {
	s, _ := pair(t)
	_, stranger := pair(t)
	blob, err := s.Seal("run-1", "key-1", inventory.PIN("1234"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.Open(blob, "run-1", "key-1"); !errors.Is(err, seal.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := (seal.Opener{}).Open(blob, "run-1", "key-1"); err == nil {
		t.Error("an opener without identity opened")
	}
}

func TestSealer_SealAddress(t *testing.T) {
	s, o := pair(t)
	want := inventory.Address{Recipient: "Ada", Street: []string{"Straße 1", "c/o <&>"}, City: "Köln", Country: "DE"}
	blob, err := s.SealAddress("requisition-1", want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := o.OpenAddress("requisition-1", blob)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := o.OpenAddress("requisition-2", blob); !errors.Is(err, seal.ErrSwapped) {
		t.Errorf("another requisition's: %v", err)
	}
	lines, err := s.SealLines("parcel-1", []string{"Ada", "Köln"})
	if err != nil {
		t.Fatal(err)
	}
	if back, err := o.OpenLines("parcel-1", lines); err != nil || !reflect.DeepEqual(back, []string{"Ada", "Köln"}) {
		t.Errorf("lines %q, %v", back, err)
	}
	if _, err := o.OpenAddress("parcel-1", lines); !errors.Is(err, seal.ErrForm) {
		t.Errorf("lines as an address: %v", err)
	}
	if _, err := s.SealAddress("", want); !errors.Is(err, seal.ErrForm) {
		t.Errorf("of nobody: %v", err)
	}
}

func TestKeys_refusedWithASentence(t *testing.T) {
	identity, recipient, err := seal.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seal.NewSealer(identity[:20]); inventory.KindOf(err) != inventory.Invalid {
		t.Errorf("sealer: %v", err)
	}
	_, err = seal.NewOpener(identity + "x")
	if inventory.KindOf(err) != inventory.Invalid || strings.Contains(err.Error(), identity) {
		t.Errorf("opener: %v", err)
	}
	if _, err := seal.NewOpener(recipient); inventory.KindOf(err) != inventory.Invalid {
		t.Errorf("recipient as identity: %v", err)
	}
}
