package inventory_test

import (
	"testing"
	"time"

	"keystation/inventory"
)

// What stands against handing a key over stands against it however it is taken.
func TestOrder_hands(t *testing.T) {
	grace := inventory.Actor{ID: "grace", Name: "Grace", Method: inventory.ByOIDC}
	olga := inventory.Actor{ID: "olga", Name: "Olga", Method: inventory.ByOIDC}
	now := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		change func(*inventory.Order, *inventory.Key)
		maker  inventory.Actor
		want   inventory.Kind
	}{
		{name: "nothing", want: ""},
		{name: "she made it herself", maker: grace, want: inventory.Forbidden},
		{name: "it stands still", change: func(o *inventory.Order, _ *inventory.Key) { o.Requisition.Held = "Stolen phone." }, want: inventory.Conflict},
		{name: "it is not decided", change: func(o *inventory.Order, _ *inventory.Key) { o.Requisition.State = inventory.Submitted }, want: inventory.Conflict},
		{name: "it is to be sent", change: func(o *inventory.Order, _ *inventory.Key) { o.Requisition.Address = []byte("sealed") }, want: inventory.Conflict},
		{name: "another key", change: func(o *inventory.Order, _ *inventory.Key) { o.Line.Key = "another" }, want: inventory.Conflict},
		{name: "it is in quarantine", change: func(_ *inventory.Order, k *inventory.Key) { k.State = inventory.Quarantined }, want: inventory.Conflict},
		{name: "she left", change: func(o *inventory.Order, _ *inventory.Key) { o.Person.State = inventory.PersonLeft }, want: inventory.Conflict},
		{name: "she is on hold", change: func(o *inventory.Order, _ *inventory.Key) { o.Person.Held = "She did not ask." }, want: inventory.Conflict},
		{name: "her entry was merged", change: func(o *inventory.Order, _ *inventory.Key) { o.Person.MergedInto = "other" }, want: inventory.Conflict},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := inventory.Order{
				Line:        inventory.Line{ID: "l", State: inventory.LineMade, Key: "k"},
				Requisition: inventory.Requisition{ID: "q", Number: "R-1001", State: inventory.Approved, Tier: inventory.Standard},
				Person:      inventory.Person{ID: "grace", Name: "Grace", State: inventory.PersonActive},
			}
			k := inventory.Key{ID: "k", Tag: "AAAA-AAAA", State: inventory.Ready}
			if tt.change != nil {
				tt.change(&o, &k)
			}
			maker := olga
			if tt.maker.ID != "" {
				maker = tt.maker
			}
			touched, err := o.TakeByTouch(k, inventory.Receipt{}, inventory.Touch{Registration: "g"}, maker, grace, now)
			if inventory.KindOf(err) != tt.want {
				t.Errorf("by touch: %v, want %q", err, tt.want)
			}
			if err == nil && (touched.Key.State != inventory.Delivered || touched.Line.State != inventory.LineDelivered || touched.Receipt.Touch.Registration != "g") {
				t.Errorf("%+v", touched)
			}
			if tt.maker.ID != "" {
				return // whoever signs has it from somebody else
			}
			if _, err := o.HandOver(k, inventory.Receipt{Signed: "Grace"}, nil, olga, now); inventory.KindOf(err) != tt.want {
				t.Errorf("signed: %v, want %q", err, tt.want)
			}
		})
	}
}
