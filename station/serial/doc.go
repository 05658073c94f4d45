// Package serial reads the serial number of a key that is open: by the one command of its maker that does nothing else.
//
// CTAP has no serial number. Some makers answer a command in the vendor range of CTAPHID (CTAP 2.1 §11.2.9.2.2), but
// the same number means different things to different makers, some of them the end of the key:
//
//	command    Yubico         Token2   Nitrokey 3, Solo 2     pico-fido          Solo 1
//	0x40       DEVICE_CONFIG  -        -                      -                  bootloader writes
//	0x41       -              ATR      -                      its own CBOR       bootloader
//	0x42       READ_CONFIG    -        -                      as a YubiKey       bootloader
//	0x43       WRITE_CONFIG   -        -                      -                  bootloader
//	0x51       -              -        starts an UPDATE       -                  -
//	0x53       -              -        REBOOT                 -                  -
//	0x60-0x63  -              -        RNG, VERSION, UUID,    -                  -
//	                                   LOCKED
//	0x70-0x72  -              -        secrets, provisioner,  -                  -
//	                                   admin (FACTORY_RESET)
//
// So a command is sent only to a device whose USB ids stand in the table of makers, and no file here knows another
// command than READ_CONFIG, ATR and UUID. What has no row is not asked; a pico-fido or CanoKey under its own ids, for
// instance, has its iSerialNumber only. A pico-fido can be built with Yubico's ids and answers as a YubiKey then: all
// that is read here is a claim, and no proof of a maker.
//
// Most readers need two things. [Read] asks an open node; [Usable] tells an iSerialNumber from the dummies that whole
// series carry. Token2 gives only the end of a number, which [Reading.Suffix] says.
//
// What it guarantees: answers that cannot be read give nothing, never half of what they say; no bytes make it panic. It
// opens nothing and waits for nothing: the node's owner locks it and limits how long a read takes.
//
// Sources: yubikey-manager and python-fido2 (Yubico), nitrokey-sdk-py, the CTAPHID commands of the Nitrokey 3 firmware,
// solo2-cli, go-ctap/token2, pico-fido, google/CTAP2-test-tool.
package serial
