package station_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// faultBeds says on which key and under which policy a run comes to a step that the default does not come to.
var faultBeds = map[softkey.Step]struct {
	profile string
	policy  func(*station.Policy)
}{
	softkey.StepChangePIN:  {"mute-when-forced", nil},
	softkey.StepAlwaysUV:   {"always-uv", nil},
	softkey.StepEnterprise: {"", func(p *station.Policy) { p.EnterpriseAttestation = true }},
	softkey.StepMinPIN:     {"", func(p *station.Policy) { p.MinPINLength = 6 }},
}

// neverAsked are steps that no run comes to: nothing can go wrong there.
var neverAsked = []softkey.Step{softkey.StepNextAssertion, softkey.StepSelection, softkey.StepGetRetries, softkey.StepCredentials, softkey.StepWink, softkey.StepU2F, softkey.StepVendor}

// faultStatuses are answers that keys are known to give where they should do what they are asked.
var faultStatuses = []ctap.Status{
	ctap.ErrInvalidCommand, ctap.ErrChannelBusy, ctap.ErrOperationDenied, ctap.ErrUserActionTimeout, ctap.ErrNotAllowed,
	ctap.ErrPINInvalid, ctap.ErrPINAuthInvalid, ctap.ErrPINAuthBlocked, ctap.ErrPINPolicyViolation, ctap.ErrOther,
}

// faultRows are all faults that can strike a whole run once.
func faultRows() (rows []softkey.Fault) {
	for _, f := range softkey.EveryFault() {
		f.Nth = 1
		rows = append(rows, f)
	}
	for _, s := range softkey.FaultSteps() {
		for _, status := range faultStatuses {
			f := softkey.Fault{Step: s, Status: status, Nth: 1}
			if _, err := softkey.ParseFault(f.String()); err == nil {
				rows = append(rows, f)
			}
		}
	}
	return slices.DeleteFunc(rows, func(f softkey.Fault) bool { return slices.Contains(neverAsked, f.Step) })
}

// TestTable_faults lets one thing go wrong in a whole run, at every step and of every kind. Each row ends in a ready
// key, a refusal with a sentence, a quarantine with a reason and one next action, or a wish for a replug; and the key
// comes to no harm: plugged in again, without the fault, it is made.
func TestTable_faults(t *testing.T) {
	t.Parallel()
	rows := newPrintout(t, "FAULT", "END", "AT", "TILE", "SENTENCE", "THEN")
	inParallel(t, faultRows(), softkey.Fault.String, func(t *testing.T, f softkey.Fault) {
		s, struck := faultStand(t, f)
		first := s.run(inventory.Want{})
		if !struck.Load() {
			t.Errorf("the run never came to the fault")
		}
		s.wantTold(first)
		then := s.again(first)
		rows.add(f.String(), string(first.End), string(endedAt(first.Report).Name), first.tile.Word, first.said(), then)
	})
}

// faultStand is a stand whose key has a fault, and whether that has struck.
func faultStand(t *testing.T, f softkey.Fault) (*stand, *atomic.Bool) {
	t.Helper()
	bed, struck := faultBeds[f.Step], &atomic.Bool{}
	cfg := softkey.Config{Profile: bed.profile, Faults: []softkey.Fault{f}, OnEvent: func(e softkey.Event) {
		if e.Kind == softkey.Struck {
			struck.Store(true)
		}
	}}
	return newStand(t, cfg, func(c *station.Config) {
		if bed.policy != nil {
			bed.policy(&c.Policy)
		}
	}), struck
}

// TestTable_enterpriseFaults lets one thing go wrong while enterprise attestation is turned on for the tag, or while the
// tag is asked for it. The key is made all the same, at the latest by a second run.
func TestTable_enterpriseFaults(t *testing.T) {
	t.Parallel()
	rows := newPrintout(t, "FAULT", "END", "AT", "TILE", "SENTENCE", "THEN")
	faults := slices.DeleteFunc(faultRows(), func(f softkey.Fault) bool {
		return f.Step != softkey.StepEnterprise && f.Step != softkey.StepMakeCredential
	})
	inParallel(t, faults, softkey.Fault.String, func(t *testing.T, f softkey.Fault) {
		s := newStand(t, softkey.Config{Profile: "enterprise", Faults: []softkey.Fault{f}}, func(c *station.Config) {
			c.Policy.EnterpriseAttestation, c.Open = true, stationtest.Asking
		})
		first := s.run(inventory.Want{})
		s.wantTold(first)
		rows.add(f.String(), string(first.End), string(endedAt(first.Report).Name), first.tile.Word, first.said(), s.again(first))
	})
}

// turns bounds how many rows of all tables run at a time: most of them wait for keys that say nothing, but a key that has
// an answer gives it within a second only while the processor is not asked for by too many others.
var turns = make(chan struct{}, 48)

// inParallel runs a test for each row, many at a time.
func inParallel[R any](t *testing.T, rows []R, name func(R) string, do func(*testing.T, R)) {
	t.Helper()
	var all sync.WaitGroup
	for _, row := range rows {
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			t.Run(name(row), func(t *testing.T) { do(t, row) })
		})
	}
	all.Wait()
}

// again takes a key that is not ready through a second run, after a replug, and tells what came of it.
func (s *stand) again(first ending) string {
	s.t.Helper()
	if first.End == inventory.RunReady {
		return ""
	}
	s.replug()
	second := s.run(inventory.Want{})
	s.wantTold(second)
	if second.End != inventory.RunReady {
		s.t.Errorf("plugged in again, the key is not made: %s, %q", outcomes(second.Report), second.Reasons)
	}
	return second.tile.Word
}
