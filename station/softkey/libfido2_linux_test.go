package softkey_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"keystation/station/softkey"
)

// person runs libfido2's own programs at a terminal and types PINs when asked.
type person struct {
	t    *testing.T
	path string
}

func (p person) runs(answers []string, name string, args ...string) (string, error) {
	p.t.Helper()
	bin, err := exec.LookPath(name)
	if err != nil {
		p.t.Skipf("this test needs %s (Debian: fido2-tools)", name)
	}
	master, slave := terminal(p.t)
	defer master.Close()
	cmd := exec.Command(bin, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	// A terminal of its own: else libfido2 would make the key the controlling terminal.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = cmd.Start()
	slave.Close()
	if err != nil {
		p.t.Fatal(err)
	}
	said := typeIn(master, answers)
	err = cmd.Wait()
	return strings.ReplaceAll(said, "\r", ""), err
}

// typeIn types one answer after each prompt and gives all that was said.
func typeIn(master *os.File, answers []string) string {
	var all bytes.Buffer
	asked := 0
	buf := make([]byte, 4096)
	for {
		n, err := master.Read(buf)
		all.Write(buf[:n])
		if err != nil {
			return all.String() // EIO: the program has ended
		}
		if len(answers) > 0 && bytes.HasSuffix(all.Bytes()[asked:], []byte(": ")) {
			asked = all.Len()
			if _, err := master.WriteString(answers[0] + "\n"); err != nil {
				return all.String()
			}
			answers = answers[1:]
		}
	}
}

func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this test needs a pseudo-terminal: %v", err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(filepath.Join("/dev/pts", strconv.Itoa(n)), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}

func (p person) must(answers []string, name string, args ...string) string {
	p.t.Helper()
	said, err := p.runs(answers, name, args...)
	if err != nil {
		p.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, said)
	}
	return said
}

func (p person) fails(with string, answers []string, name string, args ...string) {
	p.t.Helper()
	said, err := p.runs(answers, name, args...)
	if err == nil || !strings.Contains(said, with) {
		p.t.Errorf("%s %s: %v, want %s\n%s", name, strings.Join(args, " "), err, with, said)
	}
}

func (p person) info(lines ...string) {
	p.t.Helper()
	said := p.must(nil, "fido2-token", "-I", p.path)
	for _, l := range lines {
		if !strings.Contains(said, l) {
			p.t.Errorf("fido2-token -I does not say %q:\n%s", l, said)
		}
	}
}

func paramFile(t *testing.T, name string, lines ...string) string {
	t.Helper()
	f := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(f, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

func visitor(t *testing.T, cfg softkey.Config) (*softkey.Key, person) {
	t.Helper()
	key, err := softkey.New(cfg)
	if err != nil {
		t.Skipf("this test needs a pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { key.Close() })
	return key, person{t, key.Path()}
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// The programs of libfido2 set, change and force a PIN, configure and reset the key.
func TestLibfido2_token(t *testing.T) {
	key, p := visitor(t, softkey.Config{})
	p.info("aaguid: "+strings.ReplaceAll(key.AAGUID().String(), "-", ""), "noclientPin", "minpinlen: 4", "pin retries: 8")
	p.must([]string{"246810", "246810"}, "fido2-token", "-S", p.path)
	p.must([]string{"246810", "135790", "135790"}, "fido2-token", "-C", p.path)
	p.fails("PIN_INVALID", []string{"246810", "135791", "135791"}, "fido2-token", "-C", p.path)
	p.info(", clientPin", "pin retries: 7")
	p.must([]string{"135790"}, "fido2-token", "-S", "-u", p.path)
	p.must([]string{"135790"}, "fido2-token", "-S", "-a", p.path)
	p.must([]string{"135790"}, "fido2-token", "-S", "-l", "6", p.path)
	p.info("minpinlen: 6", " ep,", " alwaysUv,", "nomakeCredUvNotRqd", "pin change required: false")
	p.must([]string{"135790"}, "fido2-token", "-S", "-f", p.path)
	p.info("pin change required: true")
	p.fails("PIN_POLICY_VIOLATION", []string{"135790"}, "fido2-token", "-S", "-f", p.path)
	p.must([]string{"135790", "975310", "975310"}, "fido2-token", "-C", p.path)
	p.info("pin change required: false")
	key.PowerCycle()
	p.must(nil, "fido2-token", "-R", p.path)
	p.info("noclientPin", "minpinlen: 4", " noep,", " noalwaysUv,")
}

// They make credentials and assertions, verify both, and probe silently.
func TestLibfido2_credentialAndAssertion(t *testing.T) {
	_, p := visitor(t, softkey.Config{})
	hash := sha256.Sum256([]byte("client data"))
	dir := t.TempDir()
	made, checked, asserted := filepath.Join(dir, "made"), filepath.Join(dir, "checked"), filepath.Join(dir, "asserted")
	in := paramFile(t, "cred", b64(hash[:]), testRP, "alice", b64([]byte("u1")))
	p.must(nil, "fido2-cred", "-M", "-i", in, "-o", made, p.path)
	p.must(nil, "fido2-cred", "-V", "-i", made, "-o", checked)
	b, err := os.ReadFile(checked)
	if err != nil {
		t.Fatal(err)
	}
	id, pub, _ := strings.Cut(string(b), "\n")
	pubFile := paramFile(t, "pub", strings.TrimSpace(pub))

	want := paramFile(t, "assert", b64(hash[:]), testRP, id)
	p.must(nil, "fido2-assert", "-G", "-i", want, "-o", asserted, p.path)
	p.must(nil, "fido2-assert", "-V", "-p", "-i", asserted, pubFile, "es256")
	p.must([]string{"246810", "246810"}, "fido2-token", "-S", p.path)
	p.must([]string{"246810"}, "fido2-assert", "-G", "-v", "-i", want, "-o", asserted, p.path)
	p.must(nil, "fido2-assert", "-V", "-v", "-i", asserted, pubFile, "es256")
	p.must([]string{"246810"}, "fido2-cred", "-M", "-v", "-r", "-i", in, "-o", made, p.path)
	p.must([]string{"246810"}, "fido2-token", "-S", "-u", p.path)
	p.must([]string{"246810"}, "fido2-token", "-S", "-f", p.path)
	p.fails("PIN_REQUIRED", nil, "fido2-assert", "-G", "-i", want, p.path)
	p.must(nil, "fido2-assert", "-G", "-t", "up=false", "-i", want, "-o", asserted, p.path)
	p.must(nil, "fido2-token", "-R", p.path)
	p.fails("NO_CREDENTIALS", nil, "fido2-assert", "-G", "-t", "up=false", "-i", want, p.path)
}

func TestLibfido2_fido20(t *testing.T) {
	_, p := visitor(t, softkey.Config{Profile: "fido20"})
	hash := sha256.Sum256([]byte("client data"))
	in := paramFile(t, "cred", b64(hash[:]), testRP, "alice", b64([]byte("u1")))
	p.must([]string{"246810", "246810"}, "fido2-token", "-S", p.path)
	p.must([]string{"246810"}, "fido2-cred", "-M", "-i", in, p.path)
	p.fails("UNSUPPORTED_OPTION", nil, "fido2-cred", "-M", "-v", "-i", in, p.path)
}

func TestLibfido2_resetTooLate(t *testing.T) {
	_, p := visitor(t, softkey.Config{ResetWindow: 1})
	p.fails("NOT_ALLOWED", nil, "fido2-token", "-R", p.path)
	_, p = visitor(t, softkey.Config{Touch: softkey.TouchNever, TouchTimeout: 1})
	p.fails("USER_ACTION_TIMEOUT", nil, "fido2-token", "-R", p.path)
}

// account makes a discoverable credential with the PIN and gives its file.
func (p person) account(pin, rpID, user string) string {
	p.t.Helper()
	hash := sha256.Sum256([]byte("client data"))
	in, out := paramFile(p.t, "cred", b64(hash[:]), rpID, user, b64([]byte(user))), filepath.Join(p.t.TempDir(), "made")
	p.must([]string{pin}, "fido2-cred", "-M", "-r", "-v", "-h", "-i", in, "-o", out, p.path)
	return out
}

// They list what is stored, by relying party and by account, and delete one. libfido2 asks with the preview command.
func TestLibfido2_credentialManagement(t *testing.T) {
	_, p := visitor(t, softkey.Config{Profile: "yubikey-like"})
	const pin = "246810"
	p.must([]string{pin, pin}, "fido2-token", "-S", p.path)
	p.account(pin, "a.example", "alice")
	p.account(pin, "a.example", "bob")
	p.account(pin, "b.example", "alice")
	said := p.must([]string{pin}, "fido2-token", "-L", "-r", p.path)
	if !strings.Contains(said, b64(rpHash("a.example"))+" a.example") || !strings.Contains(said, b64(rpHash("b.example"))+" b.example") {
		t.Errorf("relying parties:\n%s", said)
	}
	said = p.must([]string{pin}, "fido2-token", "-L", "-k", "a.example", p.path)
	lines := strings.Split(strings.TrimSpace(said[strings.Index(said, "00: "):]), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], b64([]byte("alice"))+" es256 uvopt") || !strings.Contains(lines[1], b64([]byte("bob"))) {
		t.Fatalf("accounts:\n%s", said)
	}
	p.must([]string{pin}, "fido2-token", "-D", "-i", strings.Fields(lines[0])[1], p.path)
	said = p.must([]string{pin}, "fido2-token", "-L", "-k", "a.example", p.path)
	if strings.Contains(said, b64([]byte("alice"))) {
		t.Errorf("after deleting alice:\n%s", said)
	}
	said = p.must([]string{pin}, "fido2-token", "-I", "-c", p.path)
	if !strings.Contains(said, "existing rk(s): 2") || !strings.Contains(said, "remaining rk(s): 23") {
		t.Errorf("metadata:\n%s", said)
	}
}

// They sign in without an allow list, and get the same secret for the same salt each time.
func TestLibfido2_hmacSecret(t *testing.T) {
	_, p := visitor(t, softkey.Config{})
	const pin = "246810"
	p.must([]string{pin, pin}, "fido2-token", "-S", p.path)
	p.account(pin, testRP, "alice")
	hash := sha256.Sum256([]byte("client data"))
	secret := func(salt string) string {
		in := paramFile(t, "assert", b64(hash[:]), testRP, b64([]byte(strings.Repeat(salt, 32))))
		lines := strings.Fields(p.must([]string{pin}, "fido2-assert", "-G", "-r", "-v", "-h", "-i", in, p.path))
		if n := len(lines); n < 6 || lines[n-2] != b64([]byte("alice")) {
			t.Fatalf("fido2-assert says %q", lines)
		}
		return lines[len(lines)-1]
	}
	first, second := secret("1"), secret("2")
	if first == second || secret("1") != first {
		t.Errorf("secrets %s and %s", first, second)
	}
}

// They register and sign in by U2F, on a key of nothing else and on one that has both.
func TestLibfido2_u2f(t *testing.T) {
	for _, profile := range []string{"u2f-only", "modern"} {
		_, p := visitor(t, softkey.Config{Profile: profile})
		hash := sha256.Sum256([]byte("client data"))
		dir := t.TempDir()
		made, checked, asserted := filepath.Join(dir, "made"), filepath.Join(dir, "checked"), filepath.Join(dir, "asserted")
		p.must(nil, "fido2-cred", "-M", "-u", "-i", paramFile(t, "cred", b64(hash[:]), testRP, "alice", b64([]byte("u1"))), "-o", made, p.path)
		b, err := os.ReadFile(made)
		if err != nil || !strings.Contains(string(b), "\nfido-u2f\n") {
			t.Fatalf("%s: %s, %v", profile, b, err)
		}
		p.must(nil, "fido2-cred", "-V", "-i", made, "-o", checked)
		if b, err = os.ReadFile(checked); err != nil {
			t.Fatal(err)
		}
		id, pub, _ := strings.Cut(string(b), "\n")
		p.must(nil, "fido2-assert", "-G", "-u", "-i", paramFile(t, "assert", b64(hash[:]), testRP, id), "-o", asserted, p.path)
		p.must(nil, "fido2-assert", "-V", "-p", "-i", asserted, paramFile(t, "pub", strings.TrimSpace(pub)), "es256")
	}
}
