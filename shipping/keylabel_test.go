package shipping

import (
	"strings"
	"testing"
)

// Every packet has the label for its key: the tag, TEST KEY if it is one, and nobody's name.
func TestNewKeyLabel(t *testing.T) {
	for _, test := range []bool{false, true} {
		m := made()
		m.Key.Test = test
		p := packed(t, m, testedDesk())
		if k := p.KeyLabel; k.Tag.Text != "7KQM-3XWB" || k.Tag.Kind != Linear || k.Test != test {
			t.Errorf("got %+v", k)
		}
		_, text, found := strings.Cut(written(t, p), "\nKey label\n")
		text, _, ends := strings.Cut(text, "\n\n")
		if !found || !ends || !strings.Contains(text, "  7KQM-3XWB") || strings.Contains(text, "TEST KEY") != test {
			t.Errorf("the twin's key label reads:\n%s", text)
		}
		for _, never := range []string{"Zoë", "4821", "R-1001"} {
			if strings.Contains(text, never) {
				t.Errorf("the label on the key says %q", never)
			}
		}
	}
	if _, err := NewKeyLabel("", false); err == nil {
		t.Error("a label without a tag was made")
	}
}
