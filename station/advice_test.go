package station

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"keystation/inventory"
	"keystation/station/ctap"
)

// refused asserts that err is a refusal of this kind with this sentence, or no error when no sentence is wanted.
func refused(t *testing.T, err error, kind inventory.Kind, sentence string) {
	t.Helper()
	if sentence == "" {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	if inventory.KindOf(err) != kind || inventory.Sentence(err) != sentence {
		t.Errorf("error is %s %q\n  want %s %q", inventory.KindOf(err), inventory.Sentence(err), kind, sentence)
	}
}

// toDo finds the part of a sentence that tells a person what to do.
var toDo = regexp.MustCompile(`(?i)\b(plug it in|plug the key in|unplug it|use another model|let it start|raise|set|close it)\b`)

func mustAdvise(t *testing.T, s string) {
	t.Helper()
	if s == "" || !unicode.IsUpper(rune(s[0])) || !strings.HasSuffix(s, ".") || strings.Contains(s, "%!") || strings.Contains(s, "  ") {
		t.Errorf("%q is no sentence", s)
	}
	if !toDo.MatchString(s) {
		t.Errorf("%q does not say what to do", s)
	}
}

// TestAdvise_everyStatus asks for a sentence for each byte that a key can answer, at each step.
func TestAdvise_everyStatus(t *testing.T) {
	for _, step := range inventory.Steps {
		for b := 1; b <= 0xFF; b++ {
			status := ctap.Status(b)
			for _, err := range []error{status, fmt.Errorf("%s: %w", step, status), &ctap.PINError{Status: status, Retries: 7}} {
				mustAdvise(t, Advise(step, err))
				if !refusedByKey(err) {
					t.Errorf("%v is not taken for an answer of the key", err)
				}
			}
		}
	}
}

// TestAdvise_noPIN: where no PIN was given, no sentence says that one was set, proved, refused or needed.
func TestAdvise_noPIN(t *testing.T) {
	about := regexp.MustCompile(`just set|proof of the PIN|refused the PIN|wants its PIN|let it start from reset|fingerprint`)
	for _, step := range []inventory.Step{inventory.Reset, inventory.Tag} {
		for _, status := range statuses() {
			skipped := step == inventory.Tag && status == ctap.ErrPUATRequired // the tag is made after the PIN then
			if say := Advise(step, status); about.MatchString(say) && !skipped && !nonsenseAtTag[status] {
				t.Errorf("%s at %s: %q", status.Name(), step, say)
			}
		}
	}
}

// nonsenseAtTag are answers that no new credential is given.
var nonsenseAtTag = map[ctap.Status]bool{
	ctap.ErrFPDatabaseFull: true, ctap.ErrLargeBlobStorageFull: true, ctap.ErrCredentialExcluded: true, ctap.ErrNoCredentials: true,
	ctap.ErrInvalidCredential: true,
}

func TestAdvise(t *testing.T) {
	own := inventory.Refuse(inventory.NotFound, "Nothing is plugged in at 1-2: plug the key in.")
	tests := []struct {
		name string
		step inventory.Step
		have error
		want string
	}{
		{"late reset", inventory.Reset, ctap.ErrNotAllowed, "The key was in too long. Unplug it, plug it in again, and touch it when it blinks."},
		{"the same answer elsewhere", inventory.Tag, ctap.ErrNotAllowed, "The key does not allow this now. Unplug it and plug it in again."},
		{"PIN set already", inventory.SetPIN, ctap.ErrPINAuthInvalid,
			"The key says that it has a PIN already. Unplug it, plug it in again, and let it start from reset."},
		{"tries left", inventory.Prove, &ctap.PINError{Status: ctap.ErrPINInvalid, Retries: 7},
			"The key did not take the PIN that was just set. Unplug it, plug it in again, and let it start from reset."},
		{"not in the table", inventory.Tag, ctap.ErrIntegrityFailure,
			"The key answered CTAP2_ERR_INTEGRITY_FAILURE. Plug it in again; if that happens twice, put the key aside."},
		{"vendor's own", inventory.Tag, ctap.Status(0xF1), "The key answered CTAP2_ERR_VENDOR. Plug it in again; if that happens twice, put the key aside."},
		{"a sentence of its own", inventory.Reset, fmt.Errorf("open key: %w", own), "Nothing is plugged in at 1-2: plug the key in."},
		{"the sentence before the status", inventory.Reset, fmt.Errorf("%w: %w", own, ctap.ErrNotAllowed), "Nothing is plugged in at 1-2: plug the key in."},
		{"no room", inventory.Tag, ctap.ErrKeyStoreFull, "The key has no room for one credential, though it was just reset. Plug it in again; if that happens twice, use another model."},
		{"a wrong PIN at a reset", inventory.Reset, ctap.ErrPINInvalid,
			"The key complains about a PIN where none is needed (CTAP2_ERR_PIN_INVALID). Unplug it and plug it in again; if that happens twice, put the key aside."},
		{"a setting refused", inventory.Configure, ctap.ErrPINPolicyViolation,
			"The key refused a setting that policy wants (min_pin_length, enterprise_attestation). Change the policy, or use another model."},
		{"stopped", inventory.Tag, fmt.Errorf("wait: %w", context.Canceled), "The run was stopped before the key was finished. Plug it in again to make it."},
		{"I/O fault", inventory.Tag, fmt.Errorf("read packet: %w", io.ErrUnexpectedEOF), goneSentence},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Advise(tt.step, tt.have); got != tt.want {
				t.Errorf("Advise = %q\n   want %q", got, tt.want)
			}
		})
	}
	if refusedByKey(io.EOF) || refusedByKey(nil) || refusedByKey(own) {
		t.Error("an I/O fault is taken for an answer of the key")
	}
}
