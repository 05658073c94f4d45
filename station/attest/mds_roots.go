package attest

import (
	"crypto/x509"
	_ "embed"
)

//go:embed mds_roots.pem
var mdsRootsPEM []byte

// MDSRoots are the roots that BLOBs of the FIDO Metadata Service are signed below: GlobalSign R3, and R46 since August
// 2026. They are pinned here, so that no other authority can speak for the service.
func MDSRoots() []*x509.Certificate {
	roots, err := ParseRoots(mdsRootsPEM)
	if err != nil {
		panic("attest: the pinned roots cannot be read: " + err.Error()) // they are part of this program
	}
	return roots.Certificates()
}
