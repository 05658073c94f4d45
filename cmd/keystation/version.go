package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"keystation/station/fido2"
)

// versions is what a report of a fault has to name.
type versions struct {
	Version  string   `json:"version"`
	Go       string   `json:"go"`
	Libfido2 string   `json:"libfido2"`        // the one that is loaded, not the one built against
	Lacks    []string `json:"lacks,omitempty"` // what that one cannot do, a sentence each
	Platform string   `json:"platform"`
}

func newVersion() *cobra.Command {
	c := &cobra.Command{
		Use:   "version",
		Short: "which keystation this is, and what it was built with",
		Example: `  keystation version
  keystation version --json`,
		Args: cobra.NoArgs,
	}
	asJSON := c.Flags().Bool("json", false, "as one JSON object")
	c.RunE = func(c *cobra.Command, _ []string) error {
		v := thisVersion()
		if *asJSON {
			return json.NewEncoder(c.OutOrStdout()).Encode(v)
		}
		lines := append([]string{fmt.Sprintf("keystation %s (libfido2 %s, %s, %s)", v.Version, v.Libfido2, v.Go, v.Platform)}, v.Lacks...)
		_, err := fmt.Fprintln(c.OutOrStdout(), strings.Join(lines, "\n"))
		return err
	}
	return c
}

// thisVersion reads what the toolchain stamped into the program: a tag, or the
// time and commit after the last one, with +dirty for changes on top.
func thisVersion() versions {
	v := versions{Version: "(devel)", Go: runtime.Version(), Libfido2: fido2.Version(), Lacks: lacks(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	return v
}
