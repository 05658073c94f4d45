package inventory

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
)

const digits = "83015274"

// holds is what careless code might print, log or encode.
type holds struct {
	Name   string
	PIN    PIN
	Two    []PIN
	Any    any
	Nested struct{ PIN PIN }
}

func held() holds {
	h := holds{Name: "a run", PIN: PIN(digits), Two: []PIN{PIN(digits), nil}, Any: PIN(digits)}
	h.Nested.PIN = PIN(digits)
	return h
}

// leaks tells if text shows the digits, in any of the forms in which bytes get printed.
func leaks(text string) bool {
	b := []byte(digits)
	forms := []string{digits, fmt.Sprintf("%x", b), fmt.Sprintf("% x", b), fmt.Sprintf("%v", b), fmt.Sprintf("%#v", b), fmt.Sprintf("%o", b),
		fmt.Sprintf("%q", b), "ODMwMTUyNzQ", "0x38", "56 51", "56,51"}
	for _, f := range forms {
		if strings.Contains(strings.ToLower(text), strings.ToLower(f)) {
			return true
		}
	}
	return false
}

func TestPIN_fmt(t *testing.T) {
	if !leaks(fmt.Sprintf("%v", []byte(digits))) || !leaks(fmt.Sprintf("%X", []byte(digits))) {
		t.Fatal("the test would not see a leak")
	}
	pin, h := PIN(digits), held()
	for _, verb := range strings.Fields("%v %+v %#v %s %q %+q %#q %x %X %#x %d %o %b %c %U %t %e %p %20s %-20v %.3s %08d") {
		if verb == "%p" {
			continue // an address says nothing; Format is not asked
		}
		if got := fmt.Sprintf(verb, pin); got != hidden {
			t.Errorf("%s prints %q", verb, got)
		}
		for name, v := range map[string]any{"pointer": &pin, "struct": h, "pointer to struct": &h, "list": h.Two, "map": map[string]PIN{"pin": pin}} {
			if got := fmt.Sprintf(verb, v); leaks(got) {
				t.Errorf("%s of %s prints %q", verb, name, got)
			}
		}
	}
	tooMany := "nothing to fill in"
	//lint:ignore SA5009 the mistake is what is tried: Printf then shows the argument by itself
	for _, got := range []string{fmt.Sprint(pin), fmt.Sprintln(pin, h), pin.String(), pin.GoString(), fmt.Sprintf(tooMany, pin)} {
		if leaks(got) || !strings.Contains(got, hidden) {
			t.Errorf("prints %q", got)
		}
	}
}

func TestPIN_slog(t *testing.T) {
	handlers := map[string]func(io.Writer) slog.Handler{
		"text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		"json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
	}
	for name, handler := range handlers {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			log := slog.New(handler(&out)).With("with", PIN(digits))
			log.Info("pin", "pin", PIN(digits), "held", held(), slog.Group("run", "pin", PIN(digits)), "list", []PIN{PIN(digits)})
			if strings.Count(out.String(), hidden) < 4 || leaks(out.String()) {
				t.Errorf("logs %s", out.String())
			}
		})
	}
}

func TestPIN_encoded(t *testing.T) {
	h := held()
	encoders := map[string]func(io.Writer, any) error{
		"json":      func(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) },
		"xml":       func(w io.Writer, v any) error { return xml.NewEncoder(w).Encode(v) },
		"gob":       func(w io.Writer, v any) error { return gob.NewEncoder(w).Encode(v) },
		"canonical": func(w io.Writer, v any) error { b, err := Canonical(v); _, _ = w.Write(b); return err },
	}
	for name, encode := range encoders {
		t.Run(name, func(t *testing.T) {
			h.Any = nil // gob wants its types registered
			for _, v := range []any{PIN(digits), &h} {
				var out bytes.Buffer
				if err := encode(&out, v); err != nil || !strings.Contains(out.String(), hidden) || leaks(out.String()) {
					t.Errorf("encodes %q, %v", out.String(), err)
				}
			}
		})
	}
}

func TestPIN_error(t *testing.T) {
	err := fmt.Errorf("run: %w", &Error{Kind: Internal, Msg: "The key refused.", Err: fmt.Errorf("set PIN %v: %w", PIN(digits), io.EOF)})
	err = errors.Join(err, Refuse(Conflict, "The PIN %s is not taken.", PIN(digits)))
	if got := fmt.Sprintf("%v %+v %#v %s", err, err, err, Sentence(err)); leaks(got) || !strings.Contains(got, hidden) {
		t.Errorf("the chain says %q", got)
	}
}

func TestPIN_Wipe(t *testing.T) {
	whole := []byte(digits)
	PIN(whole).Wipe()
	if !bytes.Equal(whole, make([]byte, len(digits))) {
		t.Errorf("after Wipe the memory holds % x", whole)
	}
	PIN(nil).Wipe() // a run without a PIN wipes it too
}
