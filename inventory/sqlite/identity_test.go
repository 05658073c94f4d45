package sqlite_test

import (
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// A mail address that was given to somebody else opens nobody's account.
func TestStore_SignInByClaims_sameAddress(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	claims := inventory.Claims{Issuer: "https://login.example.com", Subject: "1", Email: "ada@example.com", Name: "Ada"}
	p, err := c.SignInByClaims(ctx, claims)
	if err != nil || string(p.ID) != c.ada.ID {
		t.Fatalf("%+v, %v", p, err)
	}
	claims.Subject = "2"
	_, err = c.SignInByClaims(ctx, claims)
	mustKind(t, "another account with her address", err, inventory.Forbidden)
	claims.Subject = "1"
	_, err = c.SignInByClaims(ctx, claims)
	mustKind(t, "Ada again", err, "")
}

// Whom the directory knows by their external id comes in under another subject too: subjects change with the client that
// asks. A mail address opens nobody's account who has another external id.
func TestStore_SignInByClaims_externalID(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	claims := inventory.Claims{Issuer: "https://login.example.com", Subject: "1", Email: "ada@example.com", ExternalID: "E-1", Name: "Ada"}
	for _, subject := range []string{"1", "2", "1", "2"} {
		claims.Subject = subject
		p, err := c.SignInByClaims(ctx, claims)
		if err != nil || string(p.ID) != c.ada.ID {
			t.Fatalf("as subject %s: %+v, %v", subject, p, err)
		}
	}
	claims = inventory.Claims{Issuer: "https://login.example.com", Subject: "3", Email: "grace@example.com", ExternalID: "E-99", Name: "Grace", Enter: true}
	_, err := c.SignInByClaims(ctx, claims)
	mustKind(t, "somebody else who got Grace's address", err, inventory.Forbidden)
	claims.ExternalID = ""
	if p, err := c.SignInByClaims(ctx, claims); err != nil || string(p.ID) != c.grace.ID {
		t.Errorf("Grace, of whom the provider gives no external id: %+v, %v", p, err)
	}
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}

// An account that an admin detached is nobody's: its sessions end, and the next one with the address is theirs.
func TestStore_DetachIdentity(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	claims := inventory.Claims{Issuer: "https://login.example.com", Subject: "1", Email: "ada@example.com", Name: "Ada"}
	signIn := func(subject string) (inventory.Person, error) {
		claims.Subject = subject
		return c.SignInByClaims(ctx, claims)
	}
	ada, err := signIn("1")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.CommitSession(ctx, "hash", ada.ID, []byte("{}"), c.Clock.Now().AddDate(0, 0, 1)); err != nil {
		t.Fatal(err)
	}
	has := func() []inventory.Identity {
		t.Helper()
		d, err := c.PersonDossier(ctx, ada.ID)
		if err != nil {
			t.Fatal(err)
		}
		return d.Identities
	}
	id := has()[0].ID
	mustKind(t, "of somebody else", c.DetachIdentity(ctx, inventorytest.Operator, inventory.PersonID(c.grace.ID), id), inventory.NotFound)
	mustKind(t, "Ada's", c.DetachIdentity(ctx, inventorytest.Operator, ada.ID, id), "")
	mustKind(t, "twice", c.DetachIdentity(ctx, inventorytest.Operator, ada.ID, id), inventory.Conflict)
	if _, found, err := c.FindSession(ctx, "hash"); found || err != nil || len(has()) != 0 {
		t.Errorf("detached, a session is there: %t, %v, and accounts: %v", found, err, has())
	}
	p, err := signIn("2")
	if err != nil || p.ID != ada.ID {
		t.Fatalf("by her new account: %+v, %v", p, err)
	}
	_, err = signIn("1")
	mustKind(t, "by the old one", err, inventory.Forbidden)
	mustKind(t, "the new one", c.DetachIdentity(ctx, inventorytest.Operator, ada.ID, has()[0].ID), "")
	if p, err := signIn("1"); err != nil || p.ID != ada.ID || len(has()) != 1 || has()[0].ID != id {
		t.Errorf("by the old one again: %+v, %v", p, err)
	}
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}
