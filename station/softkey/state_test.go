package softkey_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keystation/station/ctap"
	"keystation/station/softkey"
)

// A key with a state file is the same key in the next process.
func TestState_survives(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.json")
	key, h := start(t, softkey.Config{StateFile: file})
	rk := creation()
	rk.Options = map[string]bool{ctap.OptionRK: true}
	stored, wrapped := h.mustMake(rk), h.mustMake(creation())
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	_, err := h.token(two, "000000", ctap.PermAuthenticatorConfig, "")
	h.wantErr(ctap.ErrPINInvalid, err)
	if err := key.Close(); err != nil {
		t.Fatal(err)
	}
	if fi, err := os.Stat(file); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("state file: %v, %v", fi.Mode(), err)
	}
	_, h = start(t, softkey.Config{StateFile: file})
	if h.retries() != 7 {
		t.Errorf("%d tries after the restart", h.retries())
	}
	h.want(ctap.OK, ctap.CmdGetAssertion, probe(stored.data.Credential.ID))
	h.want(ctap.OK, ctap.CmdGetAssertion, probe(wrapped.data.Credential.ID))
	h.mustToken(testPIN, ctap.PermAuthenticatorConfig, "")
	b, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(b), testPIN) {
		t.Error("the PIN stands in the state file")
	}
}

func TestState_refusals(t *testing.T) {
	dir := t.TempDir()
	write := func(content string) string {
		f := filepath.Join(dir, "state")
		if err := os.WriteFile(f, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return f
	}
	good := filepath.Join(dir, "good")
	key, _ := start(t, softkey.Config{StateFile: good})
	key.Close()
	tests := []struct{ name, file, profile, want string }{
		{"garbage", write("not JSON"), "", "not a software key's state"},
		{"a directory", dir, "", "read state"},
		{"another profile", good, "fido20", `has profile "modern"`},
		{"no directory", filepath.Join(dir, "none", "state"), "", "save state"},
	}
	for _, tt := range tests {
		_, err := softkey.New(softkey.Config{StateFile: tt.file, Profile: tt.profile})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// A state that cannot be saved is an error of the command, and nothing is changed.
func TestState_cannotBeSaved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sub")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	_, h := start(t, softkey.Config{StateFile: filepath.Join(dir, "state")})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	h.wantErr(ctap.ErrOther, h.setPIN(two, testPIN))
	if h.info().HasPIN() {
		t.Error("a PIN that was not saved is set")
	}
}
