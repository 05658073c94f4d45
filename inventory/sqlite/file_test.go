package sqlite_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"keystation/inventory"
	"keystation/inventory/sqlite"
)

// Three users of whom this machine knows nothing: numbers do.
const (
	sharedGroup = 64000
	serverUser  = 64001
	benchUser   = 64002
	strangeUser = 64003
)

// The server makes the database; the bench, another user who is in the group only, opens and writes it, alone and
// while the server has it open; whoever is not in the group is refused.
func TestOptions_Group(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("becoming another user needs root")
	}
	dir := sharedDir(t)
	as(t, dir, serverUser, true, "init").finish()
	wantShared(t, dir)
	bench := as(t, dir, benchUser, true, "write")
	bench.awaitOpen()
	wantShared(t, dir)
	as(t, dir, serverUser, true, "write").finish()
	wantShared(t, dir)
	bench.finish()
	server := as(t, dir, serverUser, true, "write")
	server.awaitOpen()
	as(t, dir, benchUser, true, "write").finish()
	wantShared(t, dir)
	server.finish()
	as(t, dir, strangeUser, false, "refused").finish()
}

// sharedDir makes a folder that the group may write in and that hands its group on, with a copy of this test in it.
func sharedDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "keystation-group")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "test"), self, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "db"), 0o770); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{dir: 0o755, filepath.Join(dir, "test"): 0o755} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(filepath.Join(dir, "db"), serverUser, sharedGroup); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "db"), 0o770); err != nil { // no setgid: the store gives the group itself
		t.Fatal(err)
	}
	return dir
}

func wantShared(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "db", "x.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, path := range files {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if gid := info.Sys().(*syscall.Stat_t).Gid; info.Mode().Perm() != 0o660 || gid != sharedGroup {
			t.Errorf("%s has mode %o and group %d", filepath.Base(path), info.Mode().Perm(), gid)
		}
	}
}

// child is this test as another user.
type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.Closer
	lines *bufio.Scanner
}

func as(t *testing.T, dir string, uid uint32, member bool, act string) *child {
	t.Helper()
	who := &syscall.Credential{Uid: uid, Gid: uid}
	if member {
		who.Groups = []uint32{sharedGroup}
	}
	cmd := exec.Command(filepath.Join(dir, "test"), "-test.run=^TestAsAnotherUser$", "-test.v")
	cmd.Dir, cmd.Env = dir, []string{"KEYSTATION_TEST_ACT=" + act, "KEYSTATION_TEST_DB=" + filepath.Join(dir, "db", "x.db"), "TMPDIR=/tmp"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("this machine does not let root become user %d: %v", uid, err)
	}
	return &child{t, cmd, stdin, bufio.NewScanner(stdout)}
}

func (c *child) awaitOpen() {
	c.t.Helper()
	for c.lines.Scan() {
		if c.lines.Text() == "open" {
			return
		}
	}
	c.t.Fatalf("the child ended: %v", c.cmd.Wait())
}

func (c *child) finish() {
	c.t.Helper()
	if err := c.stdin.Close(); err != nil {
		c.t.Fatal(err)
	}
	var said []string
	for c.lines.Scan() {
		said = append(said, c.lines.Text())
	}
	if err := c.cmd.Wait(); err != nil {
		c.t.Fatalf("%v\n%s", err, strings.Join(said, "\n"))
	}
}

// TestAsAnotherUser is what [TestOptions_Group] runs as somebody else.
func TestAsAnotherUser(t *testing.T) {
	path, o := os.Getenv("KEYSTATION_TEST_DB"), sqlite.Options{Group: strconv.Itoa(sharedGroup)}
	switch os.Getenv("KEYSTATION_TEST_ACT") {
	case "init":
		s, err := sqlite.Init(t.Context(), path, o, testSettings(), clerk)
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	case "write":
		s, err := sqlite.Open(t.Context(), path, o)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		rows := []inventory.ImportedPerson{{Person: inventory.Person{Name: "Somebody", ExternalID: fmt.Sprint(os.Getpid())}}}
		if r, err := s.ImportPeople(t.Context(), clerk, rows, false); err != nil || r[0].Outcome != inventory.RowCreated {
			t.Fatalf("%+v, %v", r, err)
		}
		fmt.Println("open")
		if _, err := io.ReadAll(os.Stdin); err != nil {
			t.Fatal(err)
		}
	case "refused":
		_, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if kind := inventory.KindOf(err); kind != inventory.Forbidden && kind != inventory.Unavailable {
			t.Fatalf("got %v", err)
		}
	default:
		t.Skip("it is run by TestOptions_Group as another user")
	}
}
