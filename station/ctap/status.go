package ctap

import "fmt"

// Status is the first byte of an authenticator's answer, and an error: compare it
// with errors.Is. [OK] is a Status too, so turn one into an error with [Status.Err].
type Status byte

// The status codes of CTAP 2.1 §8.2. 0x38 is CTAP 2.0's and still sent by old keys.
const (
	OK                        Status = 0x00
	ErrInvalidCommand         Status = 0x01
	ErrInvalidParameter       Status = 0x02
	ErrInvalidLength          Status = 0x03
	ErrInvalidSeq             Status = 0x04
	ErrTimeout                Status = 0x05
	ErrChannelBusy            Status = 0x06
	ErrLockRequired           Status = 0x0A
	ErrInvalidChannel         Status = 0x0B
	ErrCBORUnexpectedType     Status = 0x11
	ErrInvalidCBOR            Status = 0x12
	ErrMissingParameter       Status = 0x14
	ErrLimitExceeded          Status = 0x15
	ErrFPDatabaseFull         Status = 0x17
	ErrLargeBlobStorageFull   Status = 0x18
	ErrCredentialExcluded     Status = 0x19
	ErrProcessing             Status = 0x21
	ErrInvalidCredential      Status = 0x22
	ErrUserActionPending      Status = 0x23
	ErrOperationPending       Status = 0x24
	ErrNoOperations           Status = 0x25
	ErrUnsupportedAlgorithm   Status = 0x26
	ErrOperationDenied        Status = 0x27
	ErrKeyStoreFull           Status = 0x28
	ErrUnsupportedOption      Status = 0x2B
	ErrInvalidOption          Status = 0x2C
	ErrKeepaliveCancel        Status = 0x2D
	ErrNoCredentials          Status = 0x2E
	ErrUserActionTimeout      Status = 0x2F
	ErrNotAllowed             Status = 0x30
	ErrPINInvalid             Status = 0x31
	ErrPINBlocked             Status = 0x32
	ErrPINAuthInvalid         Status = 0x33
	ErrPINAuthBlocked         Status = 0x34
	ErrPINNotSet              Status = 0x35
	ErrPUATRequired           Status = 0x36
	ErrPINPolicyViolation     Status = 0x37
	ErrPINTokenExpired        Status = 0x38
	ErrRequestTooLarge        Status = 0x39
	ErrActionTimeout          Status = 0x3A
	ErrUPRequired             Status = 0x3B
	ErrUVBlocked              Status = 0x3C
	ErrIntegrityFailure       Status = 0x3D
	ErrInvalidSubcommand      Status = 0x3E
	ErrUVInvalid              Status = 0x3F
	ErrUnauthorizedPermission Status = 0x40
	ErrOther                  Status = 0x7F
	lastOfStandard            Status = 0xDF
	lastOfExtensions          Status = 0xEF
)

// statusTable gives each code its name in the standard and what it says.
var statusTable = map[Status]struct{ name, says string }{
	OK:                        {"CTAP2_OK", "done"},
	ErrInvalidCommand:         {"CTAP1_ERR_INVALID_COMMAND", "the command is not one the authenticator knows"},
	ErrInvalidParameter:       {"CTAP1_ERR_INVALID_PARAMETER", "a parameter of the command is invalid"},
	ErrInvalidLength:          {"CTAP1_ERR_INVALID_LENGTH", "the message or a member of it has an invalid length"},
	ErrInvalidSeq:             {"CTAP1_ERR_INVALID_SEQ", "a packet came out of sequence"},
	ErrTimeout:                {"CTAP1_ERR_TIMEOUT", "the message timed out"},
	ErrChannelBusy:            {"CTAP1_ERR_CHANNEL_BUSY", "the authenticator is busy with another program"},
	ErrLockRequired:           {"CTAP1_ERR_LOCK_REQUIRED", "the command needs a channel lock"},
	ErrInvalidChannel:         {"CTAP1_ERR_INVALID_CHANNEL", "the command is not allowed on this channel"},
	ErrCBORUnexpectedType:     {"CTAP2_ERR_CBOR_UNEXPECTED_TYPE", "a CBOR item has an unexpected type"},
	ErrInvalidCBOR:            {"CTAP2_ERR_INVALID_CBOR", "the CBOR cannot be parsed"},
	ErrMissingParameter:       {"CTAP2_ERR_MISSING_PARAMETER", "a parameter that is not optional is missing"},
	ErrLimitExceeded:          {"CTAP2_ERR_LIMIT_EXCEEDED", "a limit for the number of items is exceeded"},
	ErrFPDatabaseFull:         {"CTAP2_ERR_FP_DATABASE_FULL", "the fingerprint database is full"},
	ErrLargeBlobStorageFull:   {"CTAP2_ERR_LARGE_BLOB_STORAGE_FULL", "the large blob storage is full"},
	ErrCredentialExcluded:     {"CTAP2_ERR_CREDENTIAL_EXCLUDED", "a credential of the exclude list is on this authenticator"},
	ErrProcessing:             {"CTAP2_ERR_PROCESSING", "the authenticator is still processing"},
	ErrInvalidCredential:      {"CTAP2_ERR_INVALID_CREDENTIAL", "the credential is not valid for this authenticator"},
	ErrUserActionPending:      {"CTAP2_ERR_USER_ACTION_PENDING", "the authenticator waits for the person"},
	ErrOperationPending:       {"CTAP2_ERR_OPERATION_PENDING", "a lengthy operation is in progress"},
	ErrNoOperations:           {"CTAP2_ERR_NO_OPERATIONS", "no operation is pending"},
	ErrUnsupportedAlgorithm:   {"CTAP2_ERR_UNSUPPORTED_ALGORITHM", "none of the algorithms asked for is supported"},
	ErrOperationDenied:        {"CTAP2_ERR_OPERATION_DENIED", "the person or the authenticator's policy refused"},
	ErrKeyStoreFull:           {"CTAP2_ERR_KEY_STORE_FULL", "there is no room for another discoverable credential"},
	ErrUnsupportedOption:      {"CTAP2_ERR_UNSUPPORTED_OPTION", "the authenticator does not support an option asked for"},
	ErrInvalidOption:          {"CTAP2_ERR_INVALID_OPTION", "an option is not valid for this command"},
	ErrKeepaliveCancel:        {"CTAP2_ERR_KEEPALIVE_CANCEL", "the platform canceled the pending command"},
	ErrNoCredentials:          {"CTAP2_ERR_NO_CREDENTIALS", "no credential that fits is on this authenticator"},
	ErrUserActionTimeout:      {"CTAP2_ERR_USER_ACTION_TIMEOUT", "nobody touched the authenticator in time"},
	ErrNotAllowed:             {"CTAP2_ERR_NOT_ALLOWED", "the command is not allowed in this state or at this time"},
	ErrPINInvalid:             {"CTAP2_ERR_PIN_INVALID", "the PIN is wrong, or must be changed before it is used"},
	ErrPINBlocked:             {"CTAP2_ERR_PIN_BLOCKED", "the PIN is blocked until a reset"},
	ErrPINAuthInvalid:         {"CTAP2_ERR_PIN_AUTH_INVALID", "the pinUvAuthParam does not verify"},
	ErrPINAuthBlocked:         {"CTAP2_ERR_PIN_AUTH_BLOCKED", "PIN entry is blocked until the next power-up"},
	ErrPINNotSet:              {"CTAP2_ERR_PIN_NOT_SET", "no PIN is set"},
	ErrPUATRequired:           {"CTAP2_ERR_PUAT_REQUIRED", "the command needs a pinUvAuthToken"},
	ErrPINPolicyViolation:     {"CTAP2_ERR_PIN_POLICY_VIOLATION", "the PIN or the request breaks the authenticator's PIN policy"},
	ErrPINTokenExpired:        {"CTAP2_ERR_PIN_TOKEN_EXPIRED", "the pinUvAuthToken has expired"},
	ErrRequestTooLarge:        {"CTAP2_ERR_REQUEST_TOO_LARGE", "the request is too large"},
	ErrActionTimeout:          {"CTAP2_ERR_ACTION_TIMEOUT", "the action timed out"},
	ErrUPRequired:             {"CTAP2_ERR_UP_REQUIRED", "user presence is required"},
	ErrUVBlocked:              {"CTAP2_ERR_UV_BLOCKED", "built-in user verification is blocked"},
	ErrIntegrityFailure:       {"CTAP2_ERR_INTEGRITY_FAILURE", "a checksum did not match"},
	ErrInvalidSubcommand:      {"CTAP2_ERR_INVALID_SUBCOMMAND", "the subcommand is invalid or not implemented"},
	ErrUVInvalid:              {"CTAP2_ERR_UV_INVALID", "built-in user verification did not succeed"},
	ErrUnauthorizedPermission: {"CTAP2_ERR_UNAUTHORIZED_PERMISSION", "the permissions asked for are not allowed"},
	ErrOther:                  {"CTAP1_ERR_OTHER", "an error the standard does not name"},
}

// Name is the code's name in CTAP 2.1 §8.2, CTAP2_ERR_NOT_ALLOWED for instance. A
// code outside the standard is named by its range.
func (s Status) Name() string {
	if row, ok := statusTable[s]; ok {
		return row.name
	}
	switch {
	case s > lastOfExtensions:
		return "CTAP2_ERR_VENDOR"
	case s > lastOfStandard:
		return "CTAP2_ERR_EXTENSION"
	}
	return "CTAP2_ERR_UNKNOWN"
}

// Error says the code in the standard's words. What a person at the bench should do
// about it is not this package's to know.
func (s Status) Error() string {
	says := statusTable[s].says
	if says == "" {
		says = "a code the standard does not define"
	}
	return fmt.Sprintf("%s (0x%02X): %s", s.Name(), byte(s), says)
}

// Err is nil for [OK] and the status itself otherwise.
func (s Status) Err() error {
	if s == OK {
		return nil
	}
	return s
}

// PINError is a status about a PIN together with the tries that are left. It unwraps
// to the status, so errors.Is finds [ErrPINInvalid] in it.
type PINError struct {
	Status  Status
	Retries int // tries left before only a reset helps
}

// Error says the status and the tries left.
func (e *PINError) Error() string {
	return fmt.Sprintf("%s; %d tries left", e.Status.Error(), e.Retries)
}

// Unwrap gives the status.
func (e *PINError) Unwrap() error { return e.Status }
