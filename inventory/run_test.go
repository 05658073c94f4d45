package inventory

import (
	"slices"
	"testing"
)

func TestOutcome_Went(t *testing.T) {
	want := map[Outcome]bool{Done: true, Skipped: true, Unproven: true, StepRefused: false, Failed: false, Waiting: false, "": false}
	for o, went := range want {
		if o.Went() != went {
			t.Errorf("%q.Went() = %t, want %t", o, !went, went)
		}
	}
}

// TestSteps pins the words that outsiders read in the program's output.
func TestSteps(t *testing.T) {
	want := []Step{"identify", "reset", "tag", "seal", "set-pin", "configure", "prove", "register", "force", "record"}
	if !slices.Equal(Steps, want) {
		t.Errorf("Steps = %q, want %q", Steps, want)
	}
}

func TestUnfinished(t *testing.T) {
	journal := []Entry{
		{Seq: 1, Step: Identify, Phase: Intent},
		{Seq: 2, Step: Identify, Phase: Ended, Outcome: Done}, {Seq: 3, Step: Reset, Phase: Intent},
		{Seq: 4, Step: Reset, Phase: Ended, Outcome: Unproven}, {Seq: 5, Step: Tag, Phase: Intent},
		{Seq: 6, Step: Tag, Phase: Ended, Outcome: Failed},
	}
	tests := []struct {
		name string
		have []Entry
		last Entry
		did  []Step
	}{
		{"died before its first word", nil, Entry{Run: "run1", Step: Identify, Phase: Intent}, nil},
		{"died in identify", journal[:1], journal[0], nil},
		{"died in reset", journal[:3], journal[2], []Step{Identify}},
		{"died in tag", journal[:5], journal[4], []Step{Identify, Reset}},
		{"a step that failed is not done", journal, journal[5], []Step{Identify, Reset}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := Unfinished{Run: Run{ID: "run1"}, Entries: tt.have}
			if got := u.Last(); got != tt.last {
				t.Errorf("Last() = %+v, want %+v", got, tt.last)
			}
			for _, s := range Steps {
				if got, want := u.Did(s), slices.Contains(tt.did, s); got != want {
					t.Errorf("Did(%s) = %t, want %t", s, got, want)
				}
			}
		})
	}
}
