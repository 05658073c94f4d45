package inventory

import "time"

// ReworkRow is a key that somebody at the bench must take up again: it is quarantined, its last run ended without a
// ready key, or a run waits for it.
type ReworkRow struct {
	Key   KeyID
	Tag   AssetTag
	Model string
	State KeyState
	Run   RunID     // its last run; empty when none is known
	Port  string    // where that was; empty without a run
	At    time.Time // since when it waits to be looked at
	Why   string    // a sentence
	Next  string    // the one next action, a sentence
	Waits bool      // Run has no end yet and waits for this very key: it can be given up, which frees its line
	For   *OrderRef // the line of Run; nil: none
}

// What a bench does next with a key that a run left behind, by how that ended.
var nextActions = map[RunEnd]string{
	"":             "Plug the key in at the bench. If it cannot be found, give its run up.",
	RunRefused:     "Read why, then plug the key in again or put it away for good.",
	RunWaiting:     "Plug the key in again and stay with it.",
	RunFailed:      "Plug the key in again, at another port or with another cable.",
	RunInterrupted: "Plug the key in again: it is made anew.",
}

// NextAction says what to do with a key whose last run ended so; empty: nothing. A run without an end waits for its key.
func (e RunEnd) NextAction() string { return nextActions[e] }

// WaitsForKey says why a run without an end, whose process is gone, cannot be ended without its key.
const WaitsForKey = "The program ended while the key was told to demand a new PIN. Only the key can tell if it heard."
