package main

import (
	"testing"

	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestHidraw_found wants a key on USB to be found where it is plugged in, with what it says of itself.
func TestHidraw_found(t *testing.T) {
	m := newMetalKey(t, 3, softkey.Config{})
	p := at(t, newBus(), m.port)
	if p.Vendor != gadgetVendor || p.Model != gadgetProduct || p.Maker != "Keystation" || p.Name != "Software key" ||
		p.Serial != "serial-3" || p.Plug == "" || p.Fault != "" {
		t.Errorf("the port is %+v", p)
	}
	a := stationtest.Open(t, p.Path, nil)
	info, err := a.Info(t.Context())
	if err != nil || info.AAGUID != m.key.AAGUID() {
		t.Errorf("the key says %+v, %v", info, err)
	}
}
