package main

import (
	"fmt"
	"strings"

	"keystation/station/softkey"
)

// faultsAbout says what can go wrong, as the tables of the software key have it.
func faultsAbout() string {
	var b strings.Builder
	b.WriteString(`What goes wrong, and when: --fault STEP:KIND each time, --fault STEP#N:KIND at
the N-th time since the key was made, --fault STEP~N:KIND at the N-th time since
it was last given power. STEP is one of
  `)
	b.WriteString(wrapped(words(softkey.FaultSteps())))
	b.WriteString(`
where any is any CTAP2 command, init, wink, vendor and u2f are CTAPHID's.
KIND is one of
`)
	for _, k := range softkey.FaultKinds() {
		fmt.Fprintf(&b, "  %-24s %s\n", k.Form, k.Says)
	}
	fmt.Fprintf(&b, "  %-24s %s", "0x01 to 0xFF", "answers this status and does nothing; of CTAPHID's steps a CTAPHID error")
	return b.String()
}

func words(steps []softkey.Step) (out []string) {
	for _, s := range steps {
		out = append(out, string(s))
	}
	return out
}
