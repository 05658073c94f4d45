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
