package sqlite_test

import (
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// Somebody who was given a role behind their back says that it was not them: the role is gone and stays gone, they are on
// hold, what they asked for stands still, and once the letter is out its link is in no table any more.
func TestStore_Deny_role(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	sofia := inventory.PersonID(c.sofia.ID)
	if err := c.GiveRole(ctx, c.ada, sofia, inventory.Admin); err != nil {
		t.Fatal(err)
	}
	due, err := c.DueLetters(ctx, c.Clock.Now(), 100)
	if err != nil {
		t.Fatal(err)
	}
	var deny string
	for _, l := range due {
		if l.Kind == inventory.LetterRoleGranted && l.Person == sofia {
			deny = l.Facts.Deny
			if err := c.LetterSent(ctx, l.ID, c.Clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}
	token := strings.TrimPrefix(deny, "/not-me/")
	if token == "" {
		t.Fatalf("no link in %+v", due)
	}
	if kept := strings.Join(newVandal(t, c.Store).strings("SELECT facts FROM outbox WHERE sent_at IS NOT NULL"), " "); strings.Contains(kept, token) {
		t.Errorf("the link stands in the database: %s", kept)
	}
	if err := c.Deny(ctx, token); err != nil {
		t.Fatal(err)
	}
	if roles, err := c.RolesOf(ctx, sofia); err != nil || len(roles) != 0 {
		t.Errorf("roles %v, %v", roles, err)
	}
	if err := c.Makeable(ctx, "R-1004"); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("the bench may go on with what she asked for: %v", err)
	}
	if err := c.ReleasePerson(ctx, c.grace, sofia, "Spoke to her."); err != nil {
		t.Fatal(err)
	}
	if roles, err := c.RolesOf(ctx, sofia); err != nil || len(roles) != 0 {
		t.Errorf("released she has the roles %v, %v", roles, err)
	}
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}

// A passkey that was added is told at both addresses, and whoever says that it was not them has it removed.
func TestStore_Deny_passkey(t *testing.T) {
	s, ctx := inventorytest.Open(t), t.Context()
	importPeople(t, s, false, "name,email,second_email\nAda Lovelace,ada@example.com,ada@home.example\n")
	ada, err := s.PersonByEmail(ctx, "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	by := inventory.ActorOf(ada, inventory.ByPasskey)
	for _, name := range []string{"blue", "a stranger's"} {
		if err := s.AddPasskey(ctx, by, inventory.Passkey{Person: ada.ID, Name: name, CredentialID: []byte(name), Credential: "{}"}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.DueLetters(ctx, inventorytest.Start.AddDate(0, 0, 1), 100)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	deny := ""
	for _, l := range all {
		if l.Kind == inventory.LetterPasskey {
			told, deny = append(told, l.To), l.Facts.Deny
		}
	}
	if want := []string{"ada@example.com", "ada@home.example", "ada@example.com", "ada@home.example"}; !slices.Equal(told, want) {
		t.Fatalf("told are %q", told)
	}
	if err := s.Deny(ctx, strings.TrimPrefix(deny, "/not-me/")); err != nil {
		t.Fatal(err)
	}
	if left, err := s.Passkeys(ctx, ada.ID); err != nil || len(left) != 1 || left[0].Name != "blue" {
		t.Errorf("left are %+v, %v", left, err)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}
