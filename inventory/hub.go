package inventory

// Hub is how the ports of a bench stand beside each other, as an operator taught it by plugging one key in port by port.
// Its ports are the making ports: a stock model plugged in there may be made without asking while a making session is
// open, so a hub that changes is in the ledger.
type Hub struct {
	Host  string    `json:"host"`  // the machine that the hub hangs on
	Ports []HubPort `json:"ports"` // in the order in which they stand; empty: nothing is learned
}

// HubPort is one port of a [Hub].
type HubPort struct {
	ID    string `json:"id"`    // the USB port path, such as 1-2.3
	Label string `json:"label"` // what is written beside it; empty: its place, counted from 1
}

// Place gives where a port stands, counted from 1; 0 when the hub does not have it.
func (h Hub) Place(port string) int {
	for i, p := range h.Ports {
		if p.ID == port {
			return i + 1
		}
	}
	return 0
}

// Learn checks what was learned and gives it with the ledger's entry about it. A hub without ports is one that was
// forgotten.
func (h Hub) Learn() (Hub, Event, error) {
	if h.Host == "" {
		return h, Event{}, Refuse(Invalid, "The machine that the hub hangs on has no name: give it a host name.")
	}
	ports := make([]HubPort, 0, len(h.Ports)) // never nil: it is read back and hashed
	for i, p := range h.Ports {
		if p.ID == "" {
			return h, Event{}, Refuse(Invalid, "The port at place %d of the hub has no name: learn the hub again.", i+1)
		}
		if at := h.Place(p.ID); at != i+1 {
			return h, Event{}, Refuse(Invalid, "Port %s stands at places %d and %d of the hub: learn the hub again.", p.ID, at, i+1)
		}
		if err := checkTexts(named{"port", p.ID}, named{"label of port " + p.ID, p.Label}); err != nil {
			return h, Event{}, err
		}
		ports = append(ports, p)
	}
	h.Ports = ports
	return h, Event{Action: "bench.hub", Subjects: []string{h.Subject()}, Payload: h}, nil
}

// Subject is under what the ledger's entries about the hub are found.
func (h Hub) Subject() string { return "hub:" + h.Host }
