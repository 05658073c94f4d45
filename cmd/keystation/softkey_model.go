package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"keystation/inventory"
	"keystation/station/softkey"
)

// chooseModel takes --profile for the name of a profile, else for a file.
func (f softkeyFlags) chooseModel(c *softkey.Config) error {
	_, known := softkey.ProfileModel(f.profile)
	if f.profile == "" || known {
		c.Profile = f.profile
		return nil
	}
	b, err := os.ReadFile(f.profile)
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(f.profile, "/.") {
		c.Profile = f.profile // softkey lists what there is
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the model: %w", err)
	}
	m, err := readModel(b)
	if err != nil {
		return &inventory.Error{Kind: inventory.Invalid, Err: err, Msg: fmt.Sprintf("%s is no report of keystation keys probe: %v.", f.profile, err)}
	}
	c.Model = &m
	return nil
}

// readModel reads a report of a key, or the model out of one by itself.
func readModel(b []byte) (softkey.Model, error) {
	var report struct {
		Report string          `json:"report"`
		Model  json.RawMessage `json:"model"`
	}
	if err := json.Unmarshal(b, &report); err != nil {
		return softkey.Model{}, fmt.Errorf("read the model: %w", err)
	}
	switch report.Report {
	case reportForm:
		return softkey.ParseModel(report.Model)
	case "":
		return softkey.ParseModel(b)
	}
	return softkey.Model{}, fmt.Errorf("it is %q and this program reads %q", report.Report, reportForm)
}
