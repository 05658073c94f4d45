package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"keystation/station/usb"
)

// checkHotplug begins to listen for keys, and ends it.
func checkHotplug(ctx context.Context, _ Config) seen {
	ctx, stop := context.WithCancel(ctx)
	changes, err := newBus().Changes(ctx)
	stop()
	if err != nil {
		return bad(fmt.Sprintf("This machine does not tell when a key is plugged in (%s), so the bench looks four times a second.", reason(err)),
			"Raise fs.inotify.max_user_instances with sysctl.")
	}
	for range changes { // until it has ended
	}
	return good("This machine tells when a key is plugged in.")
}

// checkKernelLog passes either way: the bench works without it.
func checkKernelLog(context.Context, Config) seen { return checkLog("/dev/kmsg") }

func checkLog(path string) seen {
	if err := usb.ReadsLog(path); err != nil {
		return good("Not readable by this user (%s), so a bad cable looks like an empty port. For tiles that say USB FAULT give the bench CAP_SYSLOG.", reason(err))
	}
	return good("Readable: bad cables and hubs are told on the tiles.")
}

// checkPower asks the configured program which ports it can switch. Not to have such a hub is no fault.
func checkPower(ctx context.Context, cfg Config) seen {
	if cfg.Bench.Power == "" {
		return good("Off: people replug. With bench.power the hub does, where it can.")
	}
	can, err := usb.Uhubctl{Program: cfg.Bench.Power}.Can(ctx)
	switch {
	case errors.Is(err, usb.ErrNoUhubctl):
		return bad("There is no program "+cfg.Bench.Power+".", "Install the package uhubctl, or take bench.power out of the configuration.")
	case errors.Is(err, usb.ErrNoRights):
		return bad("This user may not switch the ports of hubs.", "Install the udev rule that comes with uhubctl, and add this user to its group.")
	case err != nil:
		return bad(sentence(err.Error()), "Try "+cfg.Bench.Power+" by hand.")
	case len(can) == 0:
		return good("No hub here can switch its ports one by one: people replug.")
	}
	return good("%d ports can be switched: %s.", len(can), strings.Join(slices.Sorted(maps.Keys(can)), ", "))
}
