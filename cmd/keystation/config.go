package main

import (
	_ "embed"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"keystation/inventory"
)

// Config is everything that can be set, from the file, the environment
// (KEYSTATION_SECTION_KEY) and flags, the later winning over the earlier.
// loadConfig gives it checked and with the empty paths filled in.
type Config struct {
	Database struct {
		Path  string `toml:"path"`
		Group string `toml:"group"` // of the bench, which may write the database; empty: only its owner may
	} `toml:"database"`
	Secrets struct {
		Dir string `toml:"dir"` // empty: database.path + ".secrets"
	} `toml:"secrets"`
	Desk   DeskConfig      `toml:"desk"`
	Asked  RequisitionRule `toml:"requisitions"`
	Bench  BenchConfig     `toml:"bench"`
	Policy PolicyConfig    `toml:"policy"`
	MDS    MDSConfig       `toml:"mds"`
	Web    WebConfig       `toml:"web"`
	SignIn SignInConfig    `toml:"signin"`
	OIDC   OIDCConfig      `toml:"oidc"`
	Mail   MailConfig      `toml:"mail"`
	Log    struct {
		Level string `toml:"level"`
	} `toml:"log"`
}

// DeskConfig is who sends the keys: what packets say about the sender.
type DeskConfig struct {
	Name    string   `toml:"name"`
	Contact string   `toml:"contact"` // a telephone number or mail address
	Paper   string   `toml:"paper"`   // A4 or Letter; empty: by the country
	Street  []string `toml:"street"`
	City    string   `toml:"city"`
	Region  string   `toml:"region"`
	Postal  string   `toml:"postal_code"`
	Country string   `toml:"country"`
}

// RequisitionRule is how many keys people may have before somebody looks closer, and how long things may take.
type RequisitionRule struct {
	Standard     int           `toml:"standard"` // keys of a person of this tier
	Elevated     int           `toml:"elevated"`
	Critical     int           `toml:"critical"`
	LossMonths   int           `toml:"loss_months"`
	DecideWithin time.Duration `toml:"decide_within"` // 0: nobody is passed over
	ShipWithin   time.Duration `toml:"ship_within"`
}

// BenchConfig is how the bench works.
type BenchConfig struct {
	Dir          string        `toml:"dir"` // empty: database.path + ".bench"
	TouchSlots   int           `toml:"touch_slots"`
	Wait         time.Duration `toml:"wait"`
	Packets      string        `toml:"packets"`       // empty: bench.dir + "/packets"
	PrintCommand []string      `toml:"print_command"` // empty: packets are files, nothing prints them
	LabelCommand []string      `toml:"label_command"` // empty: labels are files
	Power        string        `toml:"power"`         // the program uhubctl or its path; empty: people replug
}

// PolicyConfig is what is asked of a key, and which keys are let alone.
type PolicyConfig struct {
	Unknown               string   `toml:"unknown"`          // refuse, ask, accept
	ForcePINChange        string   `toml:"force_pin_change"` // required, if-possible, off
	PINLength             int      `toml:"pin_length"`
	MinPINLength          int      `toml:"min_pin_length"` // 0: as the key has it
	EnterpriseAttestation bool     `toml:"enterprise_attestation"`
	Roots                 []string `toml:"roots"` // PEM files
	Stock                 []string `toml:"stock"` // AAGUIDs
	NeverPorts            []string `toml:"never_ports"`
	NeverSerials          []string `toml:"never_serials"`
}

// WebConfig is where the pages are.
type WebConfig struct {
	Addr       string   `toml:"addr"`        // of the desk
	PeopleAddr string   `toml:"people_addr"` // of the people's pages; empty: the desk's
	DeskURL    string   `toml:"desk_url"`    // as people type it; empty: as it listens
	PeopleURL  string   `toml:"people_url"`  // empty: the public URL of the database, else as it listens
	TLSCert    string   `toml:"tls_cert"`    // PEM file; empty: plain HTTP, on loopback or behind the proxy
	TLSKey     string   `toml:"tls_key"`
	Desks      []string `toml:"desks"` // where keys can be picked up; empty: one desk without a name
	Proxy      string   `toml:"proxy"` // IP address of what stands in front and speaks TLS; empty: nothing does
}

// MDSConfig is where metadata of models come from.
type MDSConfig struct {
	URL      string        `toml:"url"`      // to download them from; empty: nothing is downloaded
	Interval time.Duration `toml:"interval"` // how often
	Roots    []string      `toml:"roots"`    // PEM files: roots of other services than the FIDO Alliance's
}

// configTemplate is the file that init writes: every key, its default and what
// it is for, each commented out so that a better default reaches those who
// never chose.
//
//go:embed keystation.toml
var configTemplate string

func defaultConfig() Config {
	var c Config
	c.Bench.TouchSlots = 2
	c.Bench.Wait = time.Minute
	c.Policy.Unknown = "ask"
	c.Policy.ForcePINChange = "if-possible"
	c.Policy.PINLength = 8
	c.MDS.Interval = 24 * time.Hour
	c.Web.Addr, c.Web.PeopleAddr = "localhost:8080", "localhost:8081"
	c.SignIn.DeskIdle, c.SignIn.PeopleIdle, c.SignIn.Longest = 30*time.Minute, 8*time.Hour, 12*time.Hour
	c.Mail.Encryption = "starttls"
	e := inventory.DefaultEntitlement()
	c.Asked = RequisitionRule{e.Standard, e.Elevated, e.Critical, e.LossMonths, e.DecideWithin, e.ShipWithin}
	c.Log.Level = "info"
	return c
}

// flagKeys says which key a flag sets, in whichever command has the flag.
var flagKeys = map[string]string{
	"db":          "database.path",
	"touch-slots": "bench.touch_slots",
	"wait":        "bench.wait",
	"addr":        "web.addr",
	"people-addr": "web.people_addr",
	"log-level":   "log.level",
}

// commandConfig is the configuration for one command: its flags, where given,
// win over everything.
func commandConfig(c *cobra.Command) (Config, error) {
	in := configInput{environ: os.Environ(), flags: map[string]any{}}
	c.Flags().Visit(func(f *pflag.Flag) {
		if f.Name == "config" {
			in.file = f.Value.String()
		}
		if key := flagKeys[f.Name]; key != "" {
			in.flags[key] = f.Value.String()
		}
	})
	return loadConfig(in)
}

// complete fills in the paths that follow from other paths.
func (c *Config) complete() {
	if c.Database.Path == "" {
		return
	}
	if c.Secrets.Dir == "" {
		c.Secrets.Dir = c.Database.Path + ".secrets"
	}
	if c.Bench.Dir == "" {
		c.Bench.Dir = benchDir(c.Database.Path)
	}
	if c.Bench.Packets == "" {
		c.Bench.Packets = filepath.Join(c.Bench.Dir, "packets")
	}
}

func benchDir(database string) string { return database + ".bench" }
