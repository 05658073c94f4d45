package main

import (
	_ "embed"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"keystation/web"
)

// commands is the whole program in the order of the help: a constructor each,
// under the heading it is listed with.
var commands = []struct {
	heading string
	members []func(seams) *cobra.Command
}{
	{"At the bench", []func(seams) *cobra.Command{
		newProvision,
		newServe,
		plain(newDemo),
		plain(newKeys),
		plain(newSoftkey),
	}},
	{"On the record", []func(seams) *cobra.Command{
		plain(newImport),
		plain(newAudit),
		plain(newExport),
	}},
	{"Which keys to trust", []func(seams) *cobra.Command{
		plain(newAttest),
		plain(newMDS),
		plain(newPolicy),
	}},
	{"This machine", []func(seams) *cobra.Command{
		plain(newInit),
		plain(newDoctor),
		plain(newVersion),
	}},
}

// seams are the places where a test puts itself between two rooms of the whole
// program. The program itself leaves them empty.
type seams struct {
	commit func(actions []string, commit func() error) error // around every commit of the database; nil: nothing
	who    func(*http.Request) (web.Visitor, bool)           // who sends a request; nil: the session tells
	made   func()                                            // after the last key of provision, the database still open; nil: nothing
}

// plain is a command without seams.
func plain(c func() *cobra.Command) func(seams) *cobra.Command {
	return func(seams) *cobra.Command { return c() }
}

//go:embed help.tmpl
var helpTemplate string

const about = `keystation is the desk from which a company hands out FIDO2 security keys.
One program: a bench that makes many keys at once, an inventory that knows
each of them again, and the papers that go into the parcel.`

func newRoot(s seams) *cobra.Command {
	root := &cobra.Command{
		Use:           "keystation",
		Short:         "hand out FIDO2 security keys",
		Long:          about,
		Args:          knownCommand,
		RunE:          noCommand,
		SilenceUsage:  true,
		SilenceErrors: true,

		SuggestionsMinimumDistance: 2,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpTemplate(helpTemplate)
	root.SetUsageTemplate(helpTemplate)
	root.PersistentFlags().String("config", "", "read the configuration from `FILE` (else KEYSTATION_CONFIG, else the one beside the database)")
	for _, group := range commands {
		root.AddGroup(&cobra.Group{ID: group.heading, Title: group.heading})
		for _, member := range group.members {
			c := member(s)
			c.GroupID = group.heading
			root.AddCommand(c)
		}
	}
	return root
}

// noCommand answers a bare `keystation` or a bare group (`keystation audit`)
// with the help: nothing was asked, so nothing was done.
func noCommand(c *cobra.Command, _ []string) error {
	c.SetOut(c.ErrOrStderr())
	if err := c.Help(); err != nil {
		return err
	}
	return exitError{code: exitUsage}
}

// knownCommand refuses a command that does not exist, with the ones that are
// spelled nearly so.
func knownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	near := c.SuggestionsFor(args[0])
	if len(near) == 0 {
		return fmt.Errorf("there is no command %q", args[0])
	}
	return fmt.Errorf("there is no command %q; did you mean %s?", args[0], strings.Join(near, " or "))
}
