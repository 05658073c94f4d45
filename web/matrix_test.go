package web

import (
	"net/http/httptest"
	"slices"
	"testing"

	"keystation/inventory"
)

// mayCome says, once more and by hand, which roles a permission lets in; "nobody" is a visitor who is not signed in, and
// "requester" one without any role. What is not listed is kept out.
var mayCome = map[permission][]string{
	anybody:   {"nobody", "requester", "approver", "operator", "help-desk", "auditor", "admin"},
	people:    {"requester", "approver", "operator", "help-desk", "auditor", "admin"},
	owners:    {"requester", "approver", "operator", "help-desk", "auditor", "admin"},
	approvers: {"requester", "approver", "operator", "help-desk", "auditor", "admin"},
	readers:   {"operator", "help-desk", "auditor", "admin"},
	operators: {"operator", "admin"},
	helpers:   {"help-desk", "admin"},
	admins:    {"admin"},
}

// TestMatrix_roles walks every route with every role: the door lets in whom it should, and turns the others away before
// anything is read or done.
func TestMatrix_roles(t *testing.T) {
	d := open(t, as)
	everyone := mayCome[anybody]
	for _, r := range routes {
		allowed, known := mayCome[r.permission]
		if !known {
			t.Errorf("%s %s: nobody said whom %q lets in", r.method, r.path, r.permission)
		}
		for _, who := range everyone {
			req := httptest.NewRequest(r.method, "http://localhost:8080/x", nil)
			req.Header.Set("X-Visitor", who)
			w := httptest.NewRecorder()
			in, err := d.enter(d.echo().NewContext(req, w), r)
			if want := slices.Contains(allowed, who); in != want {
				t.Errorf("%s %s lets %s in: %v, want %v", r.method, r.path, who, in, want)
			}
			if who != "nobody" && !in && inventory.KindOf(err) != inventory.Forbidden {
				t.Errorf("%s %s turns %s away with %v", r.method, r.path, who, err)
			}
			if who == "nobody" && !in && err == nil && w.Header().Get("Location") != "/signin?next=%2Fx" {
				t.Errorf("%s %s sends a stranger to %q", r.method, r.path, w.Header().Get("Location"))
			}
		}
	}
}

// An auditor changes nothing: whatever is sent from a form asks for another role, or is about the auditor's own things.
func TestMatrix_auditor(t *testing.T) {
	v := Visitor{Roles: []inventory.Role{inventory.Auditor}}
	for _, r := range routes {
		if r.method == post && holders[r.permission] != nil && v.may(r.permission) {
			t.Errorf("%s lets an auditor change something", r.path)
		}
	}
}
