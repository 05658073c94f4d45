package inventory

import (
	"slices"
	"testing"
)

func TestHub_Place(t *testing.T) {
	h := Hub{Host: "bench", Ports: []HubPort{{ID: "1-2.3"}, {ID: "1-2.1", Label: "left"}}}
	for port, want := range map[string]int{"1-2.3": 1, "1-2.1": 2, "1-2": 0, "": 0} {
		if have := h.Place(port); have != want {
			t.Errorf("port %q stands at %d, want %d", port, have, want)
		}
	}
}

func TestHub_Learn(t *testing.T) {
	for _, tt := range []struct {
		name    string
		have    Hub
		refusal string // empty: learned
	}{
		{"two ports", Hub{"bench", []HubPort{{"1-2.3", ""}, {"1-2.1", "left"}}}, ""},
		{"forgotten", Hub{Host: "bench"}, ""},
		{"no machine", Hub{Ports: []HubPort{{ID: "1-1"}}}, "The machine that the hub hangs on has no name: give it a host name."},
		{"a port without a name", Hub{"bench", []HubPort{{ID: "1-1"}, {}}}, "The port at place 2 of the hub has no name: learn the hub again."},
		{"a port twice", Hub{"bench", []HubPort{{ID: "1-1"}, {ID: "1-2"}, {ID: "1-1"}}}, "Port 1-1 stands at places 1 and 3 of the hub: learn the hub again."},
		{"a label that cannot be seen", Hub{"bench", []HubPort{{"1-1", "a\x1b[2J"}}}, "The label of port 1-1 has the control character U+001B at place 2: remove it."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, ev, err := tt.have.Learn()
			if tt.refusal != "" {
				if KindOf(err) != Invalid || Sentence(err) != tt.refusal {
					t.Fatalf("have %v\nwant %s", err, tt.refusal)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if h.Ports == nil || !slices.Equal(h.Ports, tt.have.Ports) || h.Host != tt.have.Host {
				t.Errorf("learned %+v", h)
			}
			if ev.Action != "bench.hub" || !slices.Equal(ev.Subjects, []string{"hub:bench"}) || ev.Payload == nil {
				t.Errorf("the entry is %+v", ev)
			}
		})
	}
}
