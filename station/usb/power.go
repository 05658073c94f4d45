package usb

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"keystation/station"
)

// Why a port's power cannot be switched.
var (
	ErrNoUhubctl   = errors.New("uhubctl is not installed")
	ErrNoRights    = errors.New("this user may not switch the ports of hubs")
	ErrNotSwitched = errors.New("no hub here can switch this port")
)

// Uhubctl switches single ports by the program of this name (https://github.com/mvp/uhubctl), where the hub can: most
// cannot.
type Uhubctl struct {
	Program string // empty: uhubctl
}

var _ station.Power = Uhubctl{}

const (
	// powerless is how many seconds a port stays off: longer than a key lives on what its capacitors hold.
	powerless = "2"
	// patience is how long the program may take for all that.
	patience = 20 * time.Second
)

// Can gives the ports that can be switched; none where no hub can.
func (u Uhubctl) Can(ctx context.Context) (map[string]bool, error) {
	out, err := u.run(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for hubs: %w", err)
	}
	return switched(out), nil
}

// Cycle takes the power from a port and gives it back. What has begun is not broken off, so that no port stays dark: not
// by the end of ctx, not by a Ctrl-C at the terminal.
func (u Uhubctl) Cycle(ctx context.Context, port string) error {
	can, err := u.Can(ctx)
	if err != nil {
		return fmt.Errorf("cycle power of %s: %w", port, err)
	}
	if !can[port] {
		return fmt.Errorf("cycle power of %s: %w", port, ErrNotSwitched)
	}
	hub, number := hubOf(port)
	all := context.WithoutCancel(ctx)
	out, err := u.run(all, "-l", hub, "-p", number, "-a", "cycle", "-d", powerless)
	if err == nil && strings.Contains(out, "Sent power off request") && strings.Contains(out, "Sent power on request") {
		return nil
	}
	if err == nil {
		err = errors.New("uhubctl does not say that it did")
	}
	if _, on := u.run(all, "-l", hub, "-p", number, "-a", "on"); on != nil {
		err = fmt.Errorf("%w; the port may be left without power: %w", err, on)
	}
	return fmt.Errorf("cycle power of %s: %w", port, err)
}

// run gives what the program prints. It ends with 0 when it did what it could, whatever became of it, and with 1 also
// when there is simply no hub that it can switch.
func (u Uhubctl) run(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var out, complaint bytes.Buffer
	c := exec.CommandContext(ctx, cmp.Or(u.Program, "uhubctl"), args...)
	c.Stdout, c.Stderr, c.WaitDelay = &out, &complaint, time.Second
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err := c.Run()
	said := complaint.String()
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, syscall.ENOENT):
		return "", ErrNoUhubctl
	case strings.Contains(said, "permission problems"), errors.Is(err, syscall.EACCES):
		return "", ErrNoRights
	case strings.Contains(said, "No compatible"):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("run uhubctl: %w: %s", err, printable(said))
	case strings.Contains(said, "Failed to control port power"):
		return "", fmt.Errorf("run uhubctl: %s", printable(said))
	}
	return out.String(), nil
}

// switched reads which ports of which hubs the program lists: "Current status for hub 1-2 [...]", then a line
// "  Port 3: 0100 power" for each port. Younger versions say how a hub switches; one that switches all its ports
// together, or none, is not meant.
func switched(out string) map[string]bool {
	ports, hub := map[string]bool{}, ""
	for line := range strings.Lines(out) {
		if rest, ok := strings.CutPrefix(line, "Current status for hub "); ok {
			hub, rest, _ = strings.Cut(strings.TrimSpace(rest), " ")
			if strings.HasSuffix(rest, ", ganged]") || strings.HasSuffix(rest, ", nops]") {
				hub = ""
			}
			continue
		}
		rest, ok := strings.CutPrefix(line, "  Port ")
		number, _, said := strings.Cut(rest, ":")
		if !ok || !said || hub == "" {
			continue
		}
		if id := joinPort(hub, number); devicePaths.MatchString(id) {
			ports[id] = true
		}
	}
	return ports
}

// joinPort is the path of a port of a hub.
func joinPort(hub, number string) string {
	if strings.Contains(hub, "-") {
		return hub + "." + number
	}
	return hub + "-" + number // of the root hub of a bus
}
