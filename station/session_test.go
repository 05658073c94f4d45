package station_test

import "keystation/inventory"

var grace = inventory.Claimed("Grace")

func hubOf(ports ...string) inventory.Hub {
	h := inventory.Hub{Host: "bench"}
	for _, id := range ports {
		h.Ports = append(h.Ports, inventory.HubPort{ID: id})
	}
	return h
}
