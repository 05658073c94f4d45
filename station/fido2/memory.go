package fido2

// #include "shim.h"
import "C"

// Memory is what this process holds in C, beyond Go's sight.
type Memory struct {
	Keys    int64 // open keys, with their connections in libfido2
	Objects int64 // credentials and assertions that calls are at work on
	Bytes   int64 // in use in the C library's heap, whoever asked for them; -1: it cannot tell
}

// Held counts what is held now. With every key closed and no call under way Keys and
// Objects are 0, whatever happened before; Bytes differs by what the C library keeps
// ready for its threads, and does not grow with the number of runs.
func Held() Memory {
	h := C.ks_held()
	return Memory{Keys: int64(h.keys), Objects: int64(h.objects), Bytes: int64(h.bytes)}
}
