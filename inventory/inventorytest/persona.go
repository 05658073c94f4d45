package inventorytest

import (
	_ "embed"
	"strings"
	"testing"

	"keystation/inventory"
)

//go:embed personas.txt
var personas string

// Persona is somebody at the readiness check, of the table in personas.txt.
type Persona struct {
	Name    string
	Tier    inventory.Tier
	Answers inventory.Answers

	Way  inventory.Way // that is advised
	Why  string        // code of the first reason
	Also inventory.JudgedWay
	Heed string // code of the only caution; empty: there is none

	Failed []inventory.Way // that they tried before
	Choice inventory.Way
	Ends   inventory.RequisitionState
}

// Personas reads the table.
func Personas(t testing.TB) []Persona {
	t.Helper()
	var all []Persona
	for line := range strings.Lines(personas) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		f := strings.Split(line, "|")
		if len(f) != 14 {
			t.Fatalf("%d columns in %q", len(f), line)
		}
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		p := Persona{Name: f[0], Tier: inventory.Tier(f[1]), Way: inventory.Way(f[8]), Why: f[9], Also: judged(f[10]), Heed: f[11], Ends: inventory.RequisitionState(f[13])}
		p.Answers = inventory.Answers{Browser: installed(f[3]), Phone: installed(f[4]), Willing: f[5] == "yes", Connectors: items(f[7], ",")}
		for _, c := range items(f[2], ",") {
			p.Answers.Computers = append(p.Answers.Computers, installed(c))
		}
		besides(&p.Answers, items(f[6], ";"))
		for _, c := range items(f[12], ",") {
			if way, failed := strings.CutSuffix(c, "~"); failed {
				p.Failed = append(p.Failed, inventory.Way(way))
			} else {
				p.Choice = inventory.Way(c)
			}
		}
		all = append(all, p)
	}
	return all
}

func besides(a *inventory.Answers, said []string) {
	for _, text := range said {
		switch kind, name, _ := strings.Cut(text, ":"); kind {
		case "app":
			a.Apps = append(a.Apps, name)
		case "model":
			a.Model = name
		case "pin":
			a.NoBiometrics = true
		case "nano":
			a.Form = inventory.Nano
		default:
			a.Virtual = append(a.Virtual, kind)
		}
	}
}

func installed(text string) inventory.Installed {
	name, version, _ := strings.Cut(text, " ")
	return inventory.Installed{Name: name, Version: strings.Trim(version, "?")}
}

func judged(text string) inventory.JudgedWay {
	if way, fits := strings.CutSuffix(text, "="); fits {
		return inventory.JudgedWay{Way: inventory.Way(way), Fits: true}
	}
	way, why, _ := strings.Cut(text, "!")
	return inventory.JudgedWay{Way: inventory.Way(way), Reasons: []inventory.AdviceReason{{Code: why}}}
}

// items splits text and trims what comes of it; of no text there are none.
func items(text, separator string) []string {
	var all []string
	for item := range strings.SplitSeq(text, separator) {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}
