package ctap_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"keystation/station/ctap"
)

func TestStatus_isAnError(t *testing.T) {
	err := fmt.Errorf("reset: %w", ctap.ErrNotAllowed.Err())
	if !errors.Is(err, ctap.ErrNotAllowed) || errors.Is(err, ctap.ErrPINInvalid) {
		t.Errorf("%v is not told apart", err)
	}
	if ctap.OK.Err() != nil {
		t.Error("OK is an error")
	}
	if got := ctap.ErrNotAllowed.Error(); !strings.HasPrefix(got, "CTAP2_ERR_NOT_ALLOWED (0x30): ") {
		t.Error(got)
	}
}

func TestPINError(t *testing.T) {
	err := fmt.Errorf("get token: %w", &ctap.PINError{Status: ctap.ErrPINInvalid, Retries: 5})
	var pin *ctap.PINError
	if !errors.Is(err, ctap.ErrPINInvalid) || !errors.As(err, &pin) || pin.Retries != 5 || !strings.Contains(err.Error(), "5 tries left") {
		t.Error(err)
	}
}

// Every byte has a name and a sentence; those outside the standard are named by range.
func TestStatus_names(t *testing.T) {
	for s, want := range map[ctap.Status]string{
		ctap.OK: "CTAP2_OK", ctap.ErrInvalidCommand: "CTAP1_ERR_INVALID_COMMAND", ctap.ErrPUATRequired: "CTAP2_ERR_PUAT_REQUIRED",
		ctap.ErrOther: "CTAP1_ERR_OTHER", 0x7E: "CTAP2_ERR_UNKNOWN", 0xE1: "CTAP2_ERR_EXTENSION", 0xF2: "CTAP2_ERR_VENDOR",
	} {
		if s.Name() != want {
			t.Errorf("0x%02X is named %s, want %s", byte(s), s.Name(), want)
		}
	}
	for b := range 256 {
		if s := ctap.Status(b); s.Error() == "" || strings.HasSuffix(s.Error(), ": ") {
			t.Errorf("0x%02X says nothing", b)
		}
	}
}

func TestCommand_String(t *testing.T) {
	if ctap.CmdReset.String() != "authenticatorReset" || ctap.Command(0x42).String() != "command 0x42" {
		t.Error(ctap.CmdReset, ctap.Command(0x42))
	}
}
