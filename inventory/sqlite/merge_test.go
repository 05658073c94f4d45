package sqlite_test

import (
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

var admin = inventory.Actor{ID: "admin", Name: "Anna Admin", Method: inventory.ByOIDC}

// mergeable has a second entry of Ada, by which she signs in and is somebody's manager.
func mergeable(t *testing.T) (s *inventorytest.Store, ada, twin inventory.Person) {
	t.Helper()
	s = inventorytest.Open(t)
	ada = wantPerson(t, s, "Ada Lovelace")
	importPeople(t, s, false, "name,email,manager\nA. King,king@example.com,\nReport,report@example.com,king@example.com\n")
	p, err := s.SignInByClaims(t.Context(), inventory.Claims{Issuer: "https://idp.example", Subject: "king", Email: "king@example.com", Roles: []inventory.Role{inventory.Auditor}, RolesKnown: true})
	if err != nil {
		t.Fatal(err)
	}
	return s, ada, p
}

func signInAsTwin(t *testing.T, s *inventorytest.Store) inventory.Person {
	t.Helper()
	p, err := s.SignInByClaims(t.Context(), inventory.Claims{Issuer: "https://idp.example", Subject: "king", Email: "king@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Two entries become one person, whose pages show both; history keeps its names, and until something happens it can be
// taken back.
func TestStore_MergePeople(t *testing.T) {
	s, ada, twin := mergeable(t)
	if err := s.MergePeople(t.Context(), admin, twin.ID, ada.ID); err != nil {
		t.Fatal(err)
	}
	gone := wantPerson(t, s, "A. King")
	if gone.MergedInto != ada.ID || gone.State != inventory.PersonLeft {
		t.Errorf("%+v", gone)
	}
	if p := signInAsTwin(t, s); p.ID != ada.ID {
		t.Errorf("the way of the second entry leads to %s", p.Name)
	}
	if r := wantPerson(t, s, "Report"); r.Manager != ada.ID {
		t.Errorf("the manager is %s", r.Manager)
	}
	if roles, err := s.RolesOf(t.Context(), ada.ID); err != nil || len(roles) != 0 {
		t.Errorf("a merge gave %v, %v", roles, err)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
	d, err := s.PersonDossier(t.Context(), ada.ID)
	if err != nil || len(d.Entries) != 1 || d.Entries[0].ID != twin.ID || len(d.Merges) != 1 {
		t.Fatalf("%+v %v", d, err)
	}
	if err := s.UndoMerge(t.Context(), admin, d.Merges[0].ID); err != nil {
		t.Fatal(err)
	}
	if p := signInAsTwin(t, s); p.ID != twin.ID || p.State != inventory.PersonActive {
		t.Errorf("undone, the way leads to %s", p.Name)
	}
	if r := wantPerson(t, s, "Report"); r.Manager != twin.ID {
		t.Errorf("undone, the manager is %s", r.Manager)
	}
	if err := s.UndoMerge(t.Context(), admin, d.Merges[0].ID); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("undone twice: %v", err)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

func TestStore_MergePeople_stays(t *testing.T) {
	s, ada, twin := mergeable(t)
	if err := s.MergePeople(t.Context(), admin, twin.ID, ada.ID); err != nil {
		t.Fatal(err)
	}
	importPeople(t, s, false, "name,email,department\nAda Lovelace,ada@example.com,Elsewhere\n")
	d, err := s.PersonDossier(t.Context(), ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.UndoMerge(t.Context(), admin, d.Merges[0].ID); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("something happened since: %v", err)
	}
}

// What stopped somebody, or guards them, is not got rid of by another entry.
func TestStore_MergePeople_guarded(t *testing.T) {
	s, ada, twin := mergeable(t)
	refused := func(name string) {
		t.Helper()
		if err := s.MergePeople(t.Context(), admin, twin.ID, ada.ID); inventory.KindOf(err) != inventory.Conflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	set := func(change func(*inventory.Person)) {
		t.Helper()
		d, err := s.PersonDossier(t.Context(), twin.ID)
		if err != nil {
			t.Fatal(err)
		}
		change(&d.Person)
		if err := s.SavePerson(t.Context(), d.Person); err != nil {
			t.Fatal(err)
		}
	}
	set(func(p *inventory.Person) { p.Held = "She said that it was not her." })
	refused("on hold")
	set(func(p *inventory.Person) { p.Held, p.Tier = "", inventory.Critical })
	refused("of a higher tier")
	set(func(p *inventory.Person) { p.Tier = inventory.Standard })
	if err := s.MergePeople(t.Context(), admin, twin.ID, ada.ID); err != nil {
		t.Error(err)
	}
}

func TestStore_MergePeople_refuses(t *testing.T) {
	s, ada, twin := mergeable(t)
	grace := wantPerson(t, s, "Grace")
	if err := s.GiveRole(t.Context(), admin, grace.ID, inventory.Operator); err != nil {
		t.Fatal(err)
	}
	before := size(t, s)
	for name, tt := range map[string]struct {
		by           inventory.Actor
		second, into inventory.PersonID
		kind         inventory.Kind
	}{
		"itself":             {admin, ada.ID, ada.ID, inventory.Invalid},
		"nobody":             {admin, "nobody", ada.ID, inventory.NotFound},
		"one's own":          {inventory.ActorOf(twin, inventory.ByOIDC), twin.ID, ada.ID, inventory.Forbidden},
		"who asked for keys": {admin, ada.ID, twin.ID, inventory.Conflict},
		"who has a role":     {admin, grace.ID, twin.ID, inventory.Conflict},
	} {
		if err := s.MergePeople(t.Context(), tt.by, tt.second, tt.into); inventory.KindOf(err) != tt.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if size(t, s) != before {
		t.Error("a refused merge left something")
	}
}

// Who was called otherwise is found under all their names, and keeps what was theirs.
func TestStore_PersonDossier(t *testing.T) {
	s := inventorytest.Open(t)
	ada := wantPerson(t, s, "Ada Lovelace")
	r := s.MustMake("1-1", "4711", "R-1001")
	for _, state := range []inventory.KeyState{inventory.Delivered} {
		if err := s.MoveKey(t.Context(), r.Key.ID, &inventory.Holder{Kind: inventory.HeldByPerson, ID: string(ada.ID), Name: ada.Name}, state); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"Ada King", "Ada Byron"} {
		importPeople(t, s, false, "name,email,manager\n"+name+",ada@example.com,grace@example.com\n")
	}
	d, err := s.PersonDossier(t.Context(), ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Names) != 2 || d.Names[0] != "Ada King" || d.Names[1] != "Ada Lovelace" {
		t.Errorf("former names: %v", d.Names)
	}
	if len(d.Keys) != 1 || d.Keys[0].Key.Tag != r.Key.Tag || d.Keys[0].Until != nil || d.Keys[0].Name != "Ada Lovelace" {
		t.Errorf("keys: %+v", d.Keys)
	}
	if d.Manager == nil || d.Manager.Name != "Grace Hopper" || len(d.Requisitions) == 0 || len(d.Requisitions[0].Address) != 0 {
		t.Errorf("%+v", d)
	}
	if _, err := s.PersonDossier(t.Context(), "nobody"); inventory.KindOf(err) != inventory.NotFound {
		t.Error(err)
	}
}

// What is over for the second entry is seen by its person as their own, and by no stranger.
func TestStore_MergePeople_history(t *testing.T) {
	s, ada, twin := mergeable(t)
	a := wanted()
	a.For = twin.ID
	number, err := s.Ask(t.Context(), inventory.ActorOf(twin, inventory.ByOIDC), a)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.MergePeople(t.Context(), admin, twin.ID, ada.ID); inventory.KindOf(err) != inventory.Conflict {
		t.Fatalf("something is open: %v", err)
	}
	if err := s.CancelRequisition(t.Context(), inventorytest.Operator, number, "not needed"); err != nil {
		t.Fatal(err)
	}
	if err := s.MergePeople(t.Context(), admin, twin.ID, ada.ID); err != nil {
		t.Fatal(err)
	}
	mine, err := s.Mine(t.Context(), ada.ID)
	if err != nil || len(mine.Requisitions) != 2 || mine.Requisitions[0].Requisition.Person != twin.ID {
		t.Errorf("hers: %+v, %v", mine.Requisitions, err)
	}
	if _, err := s.Dossier(t.Context(), inventory.ActorOf(ada, inventory.ByOIDC), number); err != nil {
		t.Error(err)
	}
	if _, err := s.Dossier(t.Context(), inventory.ActorOf(wantPerson(t, s, "Grace"), inventory.ByOIDC), number); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("a stranger reads it: %v", err)
	}
}
