package inventory

import (
	"math"
	"slices"
	"testing"
	"time"
)

// TestCanonical pins bytes that are hashed for ever: a change here breaks every ledger that was written before.
func TestCanonical(t *testing.T) {
	tests := []struct {
		name string
		have any
		want string
	}{
		{"a header", Header{Seq: 7, At: "2026-03-14T12:00:00.000000Z", Action: "key.ready", Subjects: []Subject{{"k1", 3}}, ActorID: "p2",
			Method: ByOIDC, Rows: []RowHash{{"keys", "k1", "00ff"}}},
			`{"seq":7,"at":"2026-03-14T12:00:00.000000Z","action":"key.ready","subjects":[{"id":"k1","prev":3}],"actor_id":"p2",` +
				`"actor_method":"oidc","rows":[{"table":"keys","id":"k1","sha256":"00ff"}]}`},
		{"a leaf", Leaf{Commitment: "ab"}, `{"header":{"seq":0,"at":"","action":"","subjects":null,"actor_id":"","actor_method":"","rows":null},"commitment":"ab"}`},
		{"a payload", Told{"Grace", KeyMoved{"7KQM-3XWM", Active, Lost, "<left & forgotten>"}},
			`{"actor":"Grace","what":{"asset_tag":"7KQM-3XWM","from":"active","to":"lost","reason":"<left & forgotten>"}}`},
		{"no reason", KeyMoved{"7KQM-3XWM", Ready, Packed, ""}, `{"asset_tag":"7KQM-3XWM","from":"ready","to":"packed"}`},
		{"a requisition", RequisitionMoved{"R-1001", Approved, "Grace"}, `{"number":"R-1001","state":"approved","text":"Grace"}`},
		{"an open row", Custody{ID: "c1", Key: "k1", Holder: Bench, From: noon, By: System("recovery")},
			`{"id":"c1","key":"k1","holder":{"kind":"place","id":"bench","name":"Bench"},"from":"2026-03-14T12:00:00Z","to":null,` +
				`"by":{"id":"system","name":"recovery","method":"system"},"note":""}`},
		{"map keys are sorted", map[string]int{"b": 2, "a": 1}, `{"a":1,"b":2}`},
		{"no list and an empty list differ", [][]string{nil, {}}, `[null,[]]`},
		{"line separators", "a\u2028b", `"a\u2028b"`},
		{"any script", "Zoë 山", `"Zoë 山"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 3 {
				got, err := Canonical(tt.have)
				if err != nil || string(got) != tt.want {
					t.Fatalf("Canonical = %s, %v\n     want %s", got, err, tt.want)
				}
			}
		})
	}
	for _, v := range []any{make(chan int), math.NaN(), map[struct{ A int }]int{{1}: 1}, func() {}} {
		if b, err := Canonical(v); err == nil || b != nil {
			t.Errorf("Canonical(%T) = %s, %v", v, b, err)
		}
		if d, err := Digest(v); err == nil || d != "" {
			t.Errorf("Digest(%T) = %s, %v", v, d, err)
		}
	}
}

func TestDigest(t *testing.T) {
	// printf '"key"' | sha256sum
	const want = "c0c1baf2fa65372c83bc5781a31d3ee0bceb37e7917317f33a92825fe5367189"
	if got, err := Digest("key"); err != nil || got != want {
		t.Errorf("Digest = %s, %v", got, err)
	}
	a, _ := Digest(keyIn(Ready))
	b, _ := Digest(keyIn(Packed))
	if a == b || len(a) != 64 {
		t.Errorf("digests of two rows: %s and %s", a, b)
	}
}

func TestTime(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	tests := []struct {
		name string
		have time.Time
		want string
	}{
		{"whole second", noon, "2026-03-14T12:00:00.000000Z"},
		{"another zone", time.Date(2026, 3, 14, 0, 30, 0, 0, berlin), "2026-03-13T23:30:00.000000Z"},
		{"cut, not rounded", noon.Add(999_999_999), "2026-03-14T12:00:00.999999Z"},
		{"before 1970", time.Date(1969, 12, 31, 23, 59, 59, 1999, time.UTC), "1969-12-31T23:59:59.000001Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := FormatTime(tt.have)
			back, err := ParseTime(got)
			if got != tt.want || err != nil || back != Instant(tt.have) || back.Location() != time.UTC {
				t.Errorf("%s reads back as %s, %v; want %s", got, back, err, tt.want)
			}
		})
	}
	for _, s := range []string{"", "2026-03-14", "2026-03-14T12:00:00Z", "2026-03-14T12:00:00.000000+01:00", "2026-02-30T12:00:00.000000Z"} {
		if got, err := ParseTime(s); err == nil || !got.IsZero() {
			t.Errorf("ParseTime(%q) = %s", s, got)
		}
	}
}

func TestTime_textOrder(t *testing.T) {
	times := []time.Time{noon, noon.Add(-time.Hour), noon.Add(time.Microsecond), noon.AddDate(-30, 0, 0), noon.AddDate(30, 0, 0), noon.Add(time.Second)}
	var texts []string
	for _, at := range times {
		texts = append(texts, FormatTime(at))
	}
	slices.SortFunc(times, time.Time.Compare)
	slices.Sort(texts)
	for i, at := range times {
		if FormatTime(at) != texts[i] {
			t.Errorf("place %d: %s by time, %s by text", i, FormatTime(at), texts[i])
		}
	}
}
