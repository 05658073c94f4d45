package ctaphid

import "fmt"

// Command is a CTAPHID command with bit 7 set, as it stands on the wire (CTAP 2.1
// §11.2.9).
type Command byte

// The commands of CTAP 2.1 §11.2.9.1 and §11.2.9.2. The vendor range is 0xC0 to 0xFF.
const (
	Ping      Command = 0x81
	Msg       Command = 0x83 // CTAP1/U2F
	Lock      Command = 0x84
	Init      Command = 0x86
	Wink      Command = 0x88
	CBOR      Command = 0x90 // CTAP2
	Cancel    Command = 0x91
	Keepalive Command = 0xBB
	ErrorMsg  Command = 0xBF

	FirstVendor Command = 0xC0
)

// initBit tells an initialization packet from a continuation packet.
const initBit = 0x80

var commandNames = map[Command]string{
	Ping: "CTAPHID_PING", Msg: "CTAPHID_MSG", Lock: "CTAPHID_LOCK", Init: "CTAPHID_INIT", Wink: "CTAPHID_WINK",
	CBOR: "CTAPHID_CBOR", Cancel: "CTAPHID_CANCEL", Keepalive: "CTAPHID_KEEPALIVE", ErrorMsg: "CTAPHID_ERROR",
}

// String is the command's name in the standard, or its number.
func (c Command) String() string {
	if n, ok := commandNames[c]; ok {
		return n
	}
	return fmt.Sprintf("CTAPHID command 0x%02X", byte(c))
}

// Error is the code in a CTAPHID_ERROR message, and a Go error (CTAP 2.1 §11.2.9.1.6).
type Error byte

// The error codes of CTAP 2.1 §11.2.9.1.6.
const (
	ErrInvalidCommand   Error = 0x01
	ErrInvalidParameter Error = 0x02
	ErrInvalidLength    Error = 0x03
	ErrInvalidSeq       Error = 0x04
	ErrMsgTimeout       Error = 0x05
	ErrChannelBusy      Error = 0x06
	ErrLockRequired     Error = 0x0A
	ErrInvalidChannel   Error = 0x0B
	ErrOther            Error = 0x7F
)

var errorTable = map[Error]struct{ name, says string }{
	ErrInvalidCommand:   {"ERR_INVALID_CMD", "the command is not one the device knows"},
	ErrInvalidParameter: {"ERR_INVALID_PAR", "a parameter of the message is invalid"},
	ErrInvalidLength:    {"ERR_INVALID_LEN", "the length of the message is invalid"},
	ErrInvalidSeq:       {"ERR_INVALID_SEQ", "a packet came out of sequence"},
	ErrMsgTimeout:       {"ERR_MSG_TIMEOUT", "the message was not completed in time"},
	ErrChannelBusy:      {"ERR_CHANNEL_BUSY", "the device is busy with another message"},
	ErrLockRequired:     {"ERR_LOCK_REQUIRED", "the command needs a channel lock"},
	ErrInvalidChannel:   {"ERR_INVALID_CHANNEL", "the channel is not valid"},
	ErrOther:            {"ERR_OTHER", "an error the standard does not name"},
}

// Name is the code's name in the standard.
func (e Error) Name() string {
	if row, ok := errorTable[e]; ok {
		return row.name
	}
	return "ERR_UNKNOWN"
}

// Error says the code in the standard's words.
func (e Error) Error() string {
	says := errorTable[e].says
	if says == "" {
		says = "a code the standard does not define"
	}
	return fmt.Sprintf("CTAPHID %s (0x%02X): %s", e.Name(), byte(e), says)
}
