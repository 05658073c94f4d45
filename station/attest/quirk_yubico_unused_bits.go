package attest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
)

// unusedBitsWrong are SHA-256 fingerprints of six early Yubico U2F attestation
// certificates (for instance "Yubico U2F EE Serial 13831167861") in which the
// "unused bits" byte of the signature BIT STRING is not 0, so that the signature
// by the Yubico U2F Root CA does not verify though it is right.
// Source: Yubico, php-u2flib-server, list FIXCERTS,
// https://github.com/Yubico/php-u2flib-server/blob/master/src/u2flib_server/U2F.php
var unusedBitsWrong = map[string]bool{
	"349bca1031f8c82c4ceca38b9cebf1a69df9fb3b94eed99eb3fb9aa3822d26e8": true,
	"dd574527df608e47ae45fbba75a2afdd5c20fd94a02419381813cd55a2a3398f": true,
	"1d8764f0f7cd1352df6150045c8f638e517270e8b5dda1c63ade9c2280240cae": true,
	"d0edc9a91a1677435a953390865d208c55b3183c6759c9b5a7ff494c322558eb": true,
	"6073c436dcd064a48127ddbf6032ac1a66fd59a0c24434f070d4e564c124c897": true,
	"ca993121846c464d666096d35f13bf44c1b05af205f9b4a1e00cf6cc10c5e511": true,
}

// mendUnusedBits gives one of these certificates with its byte set to 0: it
// stands before the 256 bytes of the RSA signature that end the certificate.
// Every other certificate is left alone, whatever is wrong with it.
func mendUnusedBits(der []byte) ([]byte, bool) {
	sum := sha256.Sum256(der)
	if len(der) <= 257 || !unusedBitsWrong[hex.EncodeToString(sum[:])] {
		return der, false
	}
	mended := bytes.Clone(der)
	mended[len(mended)-257] = 0
	return mended, true
}
