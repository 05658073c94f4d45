package fido2

// #include <stdint.h>
import "C"

import (
	"runtime/cgo"

	"keystation/station/ctap"
)

// keystationHeard is called by our C for each keepalive, on the thread that waits for the answer.
//
//export keystationHeard
func keystationHeard(owner C.uintptr_t, status C.uint8_t) {
	k, ok := cgo.Handle(owner).Value().(*Key)
	if ok && k.heard != nil {
		k.heard(ctap.Keepalive(status))
	}
}
