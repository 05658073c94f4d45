package station

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/station/ctap"
)

func TestPolicy_pinLength(t *testing.T) {
	tests := []struct {
		name          string
		policy, min   int // of the policy
		keyMin, limit int // of the key; 0: it does not say
		want          int
		refusal       string
	}{
		{"policy alone", 8, 0, 0, 0, 8, ""},
		{"a short one is as long as the standard wants", 4, 0, 0, 0, 4, ""},
		{"the key wants more", 6, 0, 8, 0, 8, ""},
		{"the minimum to be set is more", 6, 10, 4, 0, 10, ""},
		{"exactly the key's limit", 8, 0, 4, 8, 8, ""},
		{"the standard's limit", 63, 0, 0, 0, 63, ""},
		{"a limit that no PIN can have", 63, 0, 0, 500, 63, ""},
		{"above the key's limit", 8, 0, 4, 6, 0, "The key takes PINs of at most 6 digits and policy wants 8: use another model."},
		{"minimum above the key's limit", 4, 12, 4, 8, 0, "The key takes PINs of at most 8 digits and policy wants 12: use another model."},
		{"a key that contradicts itself", 8, 0, 64, 0, 0, "The key takes PINs of at most 63 digits and policy wants 64: use another model."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := Policy{Rules: inventory.Rules{PINLength: tt.policy, MinPINLength: tt.min}}
			got, err := p.pinLength(ctap.Info{MinPINLength: tt.keyMin, MaxPINLength: tt.limit})
			if got != tt.want {
				t.Errorf("length = %d, want %d", got, tt.want)
			}
			refused(t, err, inventory.Conflict, tt.refusal)
		})
	}
}

func TestNewPIN(t *testing.T) {
	r := rand.NewChaCha8([32]byte{7})
	var count [10]int
	seen := map[string]bool{}
	const draws, n = 20000, 8
	for range draws {
		pin, err := newPIN(r, n)
		if err != nil || len(pin) != n || cap(pin) != n {
			t.Fatalf("newPIN: %d digits in %d bytes, %v", len(pin), cap(pin), err)
		}
		for i, d := range pin {
			if d < '0' || d > '9' {
				t.Fatalf("%q is no digit", d)
			}
			count[d-'0']++
			if i >= 2 && pin[i]-pin[i-1] == pin[i-1]-pin[i-2] && pin[i]-pin[i-1]+1 <= 2 {
				t.Fatalf("%s has a pattern", []byte(pin))
			}
		}
		seen[string([]byte(pin))] = true
	}
	if len(seen) < draws-20 { // of 20,000 among some 76 million, two or three meet
		t.Errorf("only %d of %d PINs are different", len(seen), draws)
	}
	for d, c := range count { // 0 and 9 end fewer rows of three, so they come a little more often
		if c < draws*n*97/1000 || c > draws*n*103/1000 {
			t.Errorf("the digit %d came %d times of %d", d, c, draws*n)
		}
	}
}

func TestNewPIN_lengths(t *testing.T) {
	for n := 4; n <= 63; n++ {
		if pin, err := newPIN(rand.NewChaCha8([32]byte{byte(n)}), n); err != nil || len(pin) != n {
			t.Errorf("newPIN(%d) has %d digits, %v", n, len(pin), err)
		}
	}
}

func TestNewPIN_draws(t *testing.T) {
	tests := []struct {
		name string
		have []byte
		want string
	}{
		{"bytes from 250 on would favor small digits", []byte{250, 255, 1, 251, 5, 249, 13}, "1593"},
		{"no third of the same", []byte{7, 7, 7, 17, 2, 9}, "7729"},
		{"none up", []byte{1, 2, 3, 13, 5, 0}, "1250"},
		{"none down", []byte{9, 8, 7, 6, 2}, "9862"},
		{"two pairs are drawn anew", []byte{1, 1, 2, 2, 8, 3, 9, 2}, "8392"},
		{"nor is around the corner", []byte{8, 9, 0, 1}, "8901"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pin, err := newPIN(bytes.NewReader(tt.have), 4)
			if err != nil || string([]byte(pin)) != tt.want {
				t.Errorf("PIN = %s, %v; want %s", []byte(pin), err, tt.want)
			}
		})
	}
}

func TestNewPIN_withoutRandomness(t *testing.T) {
	pin, err := newPIN(strings.NewReader("\x01\x05\x09"), 4)
	if pin != nil || !errors.Is(err, io.EOF) {
		t.Errorf("newPIN = %v, %v", pin, err)
	}
}

// TestRun_hidesPIN prints a run in every way in which a careless log line might.
func TestRun_hidesPIN(t *testing.T) {
	const digits = "83015274"
	r := &run{pin: inventory.PIN(digits), row: inventory.Run{ID: "run1"}, port: Port{ID: "1-2"}}
	var out bytes.Buffer
	for _, verb := range strings.Fields("%v %+v %#v %s %q %x %X %d") {
		fmt.Fprintf(&out, verb, r)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("run", "run", r, "list", []*run{r})
	slog.New(slog.NewJSONHandler(&out, nil)).Info("run", "run", r)
	for _, form := range []string{digits, fmt.Sprintf("%x", digits), fmt.Sprintf("%X", digits), fmt.Sprint([]byte(digits)), "0x38"} {
		if strings.Contains(out.String(), form) {
			t.Errorf("%s is in %s", form, out.String())
		}
	}
	pin := r.pin
	r.end()
	if r.pin != nil || !bytes.Equal(pin, make([]byte, len(digits))) {
		t.Errorf("after the run its memory holds % x", []byte(pin))
	}
}

func TestGuessable(t *testing.T) {
	for pin, want := range map[string]bool{
		"121212": true, "13571357": true, "112233": true, "11223344": true, "77557755": true, "2020": true,
		"8392": false, "839261": false, "83926174": false, "13501357": false,
	} {
		if got := guessable(inventory.PIN(pin)); got != want {
			t.Errorf("guessable(%s) is %v, want %v", pin, got, want)
		}
	}
}

// A PIN of the right length that is refused all the same is told apart where the key says that it has rules.
func TestOwnRules(t *testing.T) {
	has := ctap.Info{PINComplexityPolicy: true}
	for _, tt := range []struct {
		name string
		info ctap.Info
		err  error
		want string
	}{
		{"rules", has, ctap.ErrPINPolicyViolation, "The key has rules of its own for PINs and refused one of digits. Use another model."},
		{"no rules", ctap.Info{}, ctap.ErrPINPolicyViolation, Advise(inventory.SetPIN, ctap.ErrPINPolicyViolation)},
		{"another answer", has, ctap.ErrPINAuthInvalid, Advise(inventory.SetPIN, ctap.ErrPINAuthInvalid)},
	} {
		r := &run{b: &Bench{cfg: Config{Log: slog.New(slog.DiscardHandler)}}}
		res := r.ended(inventory.SetPIN, fmt.Errorf("set PIN: %w", ownRules(tt.info, tt.err)))
		if res.note != tt.want || res.outcome != inventory.StepRefused || res.end != inventory.RunRefused {
			t.Errorf("%s: %s, %q; want %q", tt.name, res.outcome, res.note, tt.want)
		}
	}
	if err := ownRules(has, nil); err != nil {
		t.Error(err)
	}
}
