package softkey

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"keystation/station/ctap"
)

// state is what a key remembers without power.
type state struct {
	Profile string
	Serial  []byte // made with the key, kept over resets; only enterprise attestation shows it

	Secret      []byte // the device secret: credentials are wrapped under it, a reset replaces it
	PINHash     []byte // LEFT(SHA-256(PIN), 16), CTAP 2.1 §6.5.1; nil: no PIN
	PINLength   int    // code points
	Retries     int
	MinPIN      int
	MinPINRPIDs []string
	ForceChange bool
	AlwaysUV    bool
	Enterprise  bool
	Counter     uint32
	Residents   []resident
}

// resident is a discoverable credential. Its private key is in its id, wrapped.
type resident struct {
	ID     []byte
	RPID   string
	RPName string `json:",omitempty"`
	User   ctap.UserEntity
}

const (
	secretSize = 32
	serialSize = 8
)

// blank is the state of a key that has just been made or reset. It keeps the serial.
func blank(m Model, serial []byte, rand io.Reader) (state, error) {
	i := m.GetInfo
	s := state{Profile: m.Name, Serial: serial, Secret: make([]byte, secretSize), Retries: ctap.PINRetries,
		AlwaysUV: i.AlwaysUV(), Enterprise: i.EnterpriseAttest(), MinPIN: i.MinPIN()}
	if s.Serial == nil {
		s.Serial = make([]byte, serialSize)
		if _, err := io.ReadFull(rand, s.Serial); err != nil {
			return state{}, fmt.Errorf("make serial: %w", err)
		}
	}
	if _, err := io.ReadFull(rand, s.Secret); err != nil {
		return state{}, fmt.Errorf("make device secret: %w", err)
	}
	return s, nil
}

// clone shares nothing that a command changes in place: slices are replaced, never
// written into, save for the residents.
func (s state) clone() state {
	s.Residents = slices.Clone(s.Residents)
	return s
}

// store keeps the state in a file, when there is one.
type store struct {
	path  string
	saved []byte
}

// load reads the state, or makes a blank one when there is no file yet.
func (f *store) load(m Model, rand io.Reader) (state, error) {
	if f.path == "" {
		return blank(m, nil, rand)
	}
	b, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		s, err := blank(m, nil, rand)
		if err != nil {
			return state{}, err
		}
		return s, f.save(s)
	}
	if err != nil {
		return state{}, fmt.Errorf("read state: %w", err)
	}
	var s state
	if err := json.Unmarshal(b, &s); err != nil {
		return state{}, fmt.Errorf("read state: %s is not a software key's state: %w", f.path, err)
	}
	if len(s.Secret) != secretSize || len(s.Serial) != serialSize || s.MinPIN < 1 || s.Retries < 0 || s.Retries > ctap.PINRetries {
		return state{}, fmt.Errorf("read state: %s is not a software key's state", f.path)
	}
	if s.Profile != m.Name {
		return state{}, fmt.Errorf("read state: the key in %s has profile %q, not %q", f.path, s.Profile, m.Name)
	}
	f.saved = b
	return s, nil
}

// save writes the state if it changed: a new file, synced, then renamed over the old one.
func (f *store) save(s state) error {
	if f.path == "" {
		return nil
	}
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("save state: %w", err)
	}
	if bytes.Equal(b, f.saved) {
		return nil
	}
	if err := replaceFile(f.path, b); err != nil {
		return fmt.Errorf("save state: %w", err)
	}
	f.saved = b
	return nil
}

func replaceFile(path string, b []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already when the rename went well
	_, err = tmp.Write(b)
	if err == nil {
		err = tmp.Sync()
	}
	if closing := tmp.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
