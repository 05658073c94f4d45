package seal

import (
	"bytes"
	"testing"

	"keystation/inventory"
)

// tagOfAge is what age adds to the last chunk: a Poly1305 tag.
const tagOfAge = 16

// TestHeadParts fills a buffer as age does: with the PIN it must not grow, or the one before would keep the PIN.
func TestHeadParts(t *testing.T) {
	const id = "0199a2f4-6d1e-7c52-9a3b-0123456789ab"
	for _, name := range []string{"r", id, id + id + id} {
		for n := 4; n <= longestPIN; n++ {
			var b bytes.Buffer
			head, tail := headParts(inventory.RunID(name), inventory.KeyID(name))
			b.Write(head)
			b.Write(tail)
			room := b.Cap()
			b.Write(make([]byte, n))
			b.Grow(tagOfAge)
			if b.Cap() != room {
				t.Fatalf("with a PIN of %d bytes after %d the buffer grew from %d to %d", n, len(head)+len(tail), room, b.Cap())
			}
		}
	}
}
