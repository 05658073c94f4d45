package sqlite_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/seal"
	"keystation/inventory/sqlite"
)

func place(o inventory.Order) string {
	return fmt.Sprintf("%s/%d", o.Requisition.Number, o.Line.Position)
}

// The oldest approval comes first, and in it the primary key before the spare.
func TestStore_TakeLine_inOrder(t *testing.T) {
	s := inventorytest.Open(t)
	var got []string
	for i := range 5 {
		r := s.MustBegin(fmt.Sprint("1-", i))
		r.MustTake("")
		got = append(got, place(*r.Order))
		if r.Order.Requisition.State != inventory.Fulfilling || r.Order.Line.State != inventory.LineMaking || r.Order.Line.Run != r.Row.ID {
			t.Errorf("%+v", r.Order)
		}
	}
	if want := []string{"R-1001/1", "R-1001/2", "R-1002/1", "R-1004/1", "R-1004/2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	_, err := s.TakeLine(t.Context(), inventorytest.Operator, s.MustBegin("1-9").Row.ID, inventory.Want{})
	if inventory.KindOf(err) != inventory.NotFound || !strings.Contains(inventory.Sentence(err), "No approved requisition has an open line") {
		t.Errorf("when all are taken: %v", err)
	}
}

func TestStore_TakeLine_wants(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustBegin("1-1")
	row, err := s.RequisitionByNumber(t.Context(), "R-1001")
	if err != nil {
		t.Fatal(err)
	}
	primary, spare := row.Lines[0].Line.ID, row.Lines[1].Line.ID
	for _, tt := range []struct {
		name string
		want inventory.Want
		kind inventory.Kind
		says string // of the order, or of the refusal
	}{
		{"none such", inventory.Want{Requisition: "R-9"}, inventory.NotFound, "There is no requisition R-9"},
		{"not approved", inventory.Want{Requisition: "R-1003"}, inventory.Conflict, "Requisition R-1003 is not approved yet"},
		{"no such line", inventory.Want{Line: "x"}, inventory.NotFound, "There is no requisition x"},
		{"a line of another", inventory.Want{Requisition: "R-1002", Line: spare}, inventory.Invalid, "one of R-1001, not of R-1002"},
		{"all skipped", inventory.Want{Requisition: "R-1001", Skip: []inventory.LineID{primary, spare}}, inventory.NotFound, "Requisition R-1001 has no open line"},
		{"one skipped", inventory.Want{Skip: []inventory.LineID{primary}}, "", "R-1001/2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, err := s.TakeLine(t.Context(), inventorytest.Operator, r.Row.ID, tt.want)
			if inventory.KindOf(err) != tt.kind {
				t.Fatalf("got %v", err)
			}
			if says := inventory.Sentence(err) + strings.Trim(place(o), "/0"); !strings.Contains(says, tt.says) {
				t.Errorf("got %q, want %q", says, tt.says)
			}
		})
	}
	if _, err := s.TakeLine(t.Context(), inventorytest.Operator, r.Row.ID, inventory.Want{}); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("a second line for one run: %v", err)
	}
	if err := s.Makeable(t.Context(), "R-1003"); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("makeable: %v", err)
	}
}

// Sixteen ports in two processes that want a line get five, each a line of its own.
func TestStore_TakeLine_atTheSameTime(t *testing.T) {
	s := inventorytest.Open(t)
	stores := []*sqlite.Store{s.Store, s.MustAgain()}
	var mu sync.Mutex
	got := map[string]int{}
	var all sync.WaitGroup
	for i := range 16 {
		r := s.MustBegin(fmt.Sprint("1-", i))
		all.Go(func() {
			o, err := stores[i%2].TakeLine(t.Context(), inventorytest.Operator, r.Row.ID, inventory.Want{})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				got[place(o)]++
			} else if inventory.KindOf(err) != inventory.NotFound {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for line, n := range got {
		if n != 1 {
			t.Errorf("%s was taken %d times", line, n)
		}
	}
	if len(got) != 5 {
		t.Errorf("%d lines were taken", len(got))
	}
}

func TestStore_ReleaseLine(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustBegin("1-1")
	if err := s.ReleaseLine(t.Context(), inventorytest.Operator, r.Row.ID); err != nil {
		t.Errorf("without a line: %v", err)
	}
	r.MustTake("R-1001")
	if err := s.ReleaseLine(t.Context(), inventorytest.Operator, r.Row.ID); err != nil {
		t.Fatal(err)
	}
	other := s.MustBegin("1-2")
	other.MustTake("")
	if place(*other.Order) != "R-1001/1" {
		t.Errorf("the next run gets %s", place(*other.Order))
	}
	made := s.MustMake("1-3", "", "R-1002")
	if err := s.ReleaseLine(t.Context(), inventorytest.Operator, made.Row.ID); err != nil {
		t.Fatal(err)
	}
	if o, err := s.Order(t.Context(), made.Row.Line); err != nil || o.Line.State != inventory.LineMade {
		t.Errorf("a made line was released: %+v, %v", o.Line, err)
	}
}

func TestStore_Order_opensTheAddress(t *testing.T) {
	s := inventorytest.Open(t)
	row, err := s.RequisitionByNumber(t.Context(), "R-1004")
	if err != nil {
		t.Fatal(err)
	}
	id := row.Lines[0].Line.ID
	o, err := s.Order(t.Context(), id)
	if err != nil || o.Address.City != "Stockholm" || o.Person.Name != "Софья Ковалевская" || o.Line.Connector != "usb-c" {
		t.Errorf("%+v, %v", o, err)
	}
	stranger, _, err := seal.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := seal.NewOpener(stranger)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		open func(string, []byte) (inventory.Address, error)
		want inventory.Kind
	}{"no identity": {nil, inventory.Unavailable}, "another identity": {wrong.OpenAddress, inventory.Internal}} {
		s.Options.OpenAddress = tt.open
		if _, err := s.MustAgain().Order(t.Context(), id); inventory.KindOf(err) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Order(t.Context(), "x"); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("no such line: %v", err)
	}
}

func TestStore_KeyBySerial(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustMake("1-1", "4711", "")
	s.MustMake("1-2", "", "")
	const usb, model = inventory.SerialUSB, inventorytest.AAGUID
	numbered := func(vendor, number string, source inventory.SerialSource) inventory.SerialNumber {
		return inventory.SerialNumber{Vendor: vendor, Source: source, Number: number}
	}
	for _, tt := range []struct {
		name  string
		n     inventory.SerialNumber
		model string
		found bool
	}{
		{"the same", numbered("", "4711", usb), model, true},
		{"whose vendor is known by now", numbered("1050", "4711", usb), model, true},
		{"another source", numbered("", "4711", inventory.SerialVendor), model, false},
		{"another model", numbered("", "4711", usb), "x", false},
		{"another model of a known vendor", numbered("1050", "4711", usb), "x", false},
		{"no serial", numbered("", "", inventory.SerialNone), model, false},
	} {
		k, err := s.KeyBySerial(t.Context(), tt.n, tt.model)
		if tt.found != (err == nil && k.ID == r.Key.ID) || !tt.found && inventory.KindOf(err) != inventory.NotFound {
			t.Errorf("%s: %+v, %v", tt.name, k, err)
		}
	}
}

// Models of one vendor share its numbers; those of two vendors, or from two sources, do not, and neither do two keys that
// say only the end of theirs.
func TestStore_KeyBySerial_vendor(t *testing.T) {
	s := inventorytest.Open(t)
	save := func(vendor, number string, source inventory.SerialSource, model string) (inventory.Key, error) {
		r := s.MustMake("1-1", "", "")
		k := r.Key
		k.Vendor, k.Serial, k.SerialSource, k.AAGUID = vendor, number, source, model
		e := inventory.Entered{Entry: inventory.Entry{Run: r.Row.ID, Seq: 100, At: inventorytest.Start, Step: inventory.Prove, Phase: inventory.Intent}, Key: &k}
		return k, s.Append(t.Context(), inventory.System("test"), e)
	}
	const vendorRead, usb, model, other = inventory.SerialVendor, inventory.SerialUSB, inventorytest.AAGUID, "00000000-0000-0000-0000-000000000002"
	end := inventory.Suffix("35780528")
	rows := []struct {
		name, vendor, number string
		source               inventory.SerialSource
		model                string
		refused              bool
	}{
		{"the first", "1050", "123", vendorRead, model, false},
		{"another model of the vendor", "1050", "123", vendorRead, other, true},
		{"another vendor", "20a0", "123", vendorRead, model, false},
		{"another source", "1050", "123", usb, model, false},
		{"from before, when vendors were not kept", "", "123", vendorRead, model, false},
		{"the same from before", "", "123", vendorRead, model, true},
		{"another model from before", "", "123", vendorRead, other, false},
		{"the end of a number", "349e", end, vendorRead, model, false},
		{"the same end", "349e", end, vendorRead, model, false},
	}
	made := map[string]inventory.Key{}
	for _, row := range rows {
		k, err := save(row.vendor, row.number, row.source, row.model)
		if made[row.name] = k; (inventory.KindOf(err) == inventory.Conflict) != row.refused || err != nil && !row.refused {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	for _, tt := range []struct{ vendor, number, model, want string }{
		{"1050", "123", model, "the first"}, {"1050", "123", other, "the first"}, {"20a0", "123", model, "another vendor"},
		{"096e", "123", model, "from before, when vendors were not kept"}, {"349e", end, model, "the same end"}, {"349e", end, other, ""},
	} {
		k, err := s.KeyBySerial(t.Context(), inventory.SerialNumber{Vendor: tt.vendor, Source: vendorRead, Number: tt.number}, tt.model)
		if k.ID != made[tt.want].ID || (tt.want == "") != (inventory.KindOf(err) == inventory.NotFound) {
			t.Errorf("%s %s of %s: %+v, %v; want %q", tt.vendor, tt.number, tt.model, k, err, tt.want)
		}
	}
}

// A key that may be at the bench is asked about before the many that are with people, however old it is.
func TestStore_LiveTags_hereFirst(t *testing.T) {
	s := inventorytest.Open(t)
	half := s.MustBegin("1-1") // has its tag and waits
	half.MustIdentify("")
	half.MustWalk()
	ready := s.MustMake("1-2", "", "")
	out := s.MustMake("1-3", "", "")
	newVandal(t, s).do("UPDATE keys SET state = 'active' WHERE id = $1", out.Key.ID)
	for limit, want := range map[int][]inventory.KeyID{
		1: {half.Key.ID}, 2: {half.Key.ID, ready.Key.ID}, 3: {half.Key.ID, ready.Key.ID, out.Key.ID},
	} {
		tags, err := s.LiveTags(t.Context(), inventorytest.AAGUID, limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []inventory.KeyID
		for _, tag := range tags {
			got = append(got, tag.Key)
		}
		if !slices.Equal(got, want) {
			t.Errorf("at most %d: %v, want %v", limit, got, want)
		}
	}
}

func TestStore_LiveTags(t *testing.T) {
	s := inventorytest.Open(t)
	old, young := s.MustMake("1-1", "", ""), s.MustMake("1-2", "", "")
	tags, err := s.LiveTags(t.Context(), inventorytest.AAGUID, 10)
	if err != nil || len(tags) != 2 || tags[0].Key != young.Key.ID || tags[1].Key != old.Key.ID || len(tags[0].CredentialID) == 0 {
		t.Fatalf("%+v, %v", tags, err)
	}
	if tags, err := s.LiveTags(t.Context(), inventorytest.AAGUID, 1); err != nil || len(tags) != 1 || tags[0].Key != young.Key.ID {
		t.Errorf("%+v, %v", tags, err)
	}
	if tags, err := s.LiveTags(t.Context(), "x", 10); err != nil || len(tags) != 0 {
		t.Errorf("another model: %+v, %v", tags, err)
	}
}

// A blank key without a serial number is known again only where it was left, and only until it got a credential.
func TestStore_KeyLeftAt(t *testing.T) {
	s := inventorytest.Open(t)
	blank := s.MustBegin("1-1")
	blank.MustIdentify("")
	s.MustMake("1-2", "", "")      // has a credential
	numbered := s.MustBegin("1-3") // has a serial number
	numbered.MustIdentify("4711")
	for port, want := range map[string]bool{"1-1": true, "1-2": false, "1-3": false, "1-4": false} {
		k, err := s.KeyLeftAt(t.Context(), port, inventorytest.AAGUID, "1.0")
		if (err == nil) != want || want && k.ID != blank.Key.ID {
			t.Errorf("port %s: %+v, %v", port, k, err)
		}
	}
	if _, err := s.KeyLeftAt(t.Context(), "1-1", inventorytest.AAGUID, "2.0"); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("another firmware: %v", err)
	}
	moved := s.MustBegin("1-5") // the same key at another port
	row := moved.Row
	row.Key = blank.Key.ID
	moved.MustAppend(inventory.Entered{Entry: moved.Entry(inventory.Identify, inventory.Done), Run: &row})
	if _, err := s.KeyLeftAt(t.Context(), "1-1", inventorytest.AAGUID, "1.0"); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("after it was moved: %v", err)
	}
}
