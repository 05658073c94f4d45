package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"keystation/inventory"
)

// codes reads the codes that a judgment can give where they are declared: this room does not import that one.
func codes(t *testing.T) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../station/attest/reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for n := range ast.Preorder(f) {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			continue
		}
		if kind, ok := v.Type.(*ast.Ident); !ok || kind.Name != "Code" {
			continue
		}
		code, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, code)
	}
	if len(all) < 30 {
		t.Fatalf("only %d codes are declared: %v", len(all), all)
	}
	return all
}

// Each reason is told on the page of a key: in words that say what it means, and always with its own sentence. Only the
// proof is left out, since the page says it already. No words are left over for a code that is not given any more.
func TestDoubts_codes(t *testing.T) {
	all := codes(t)
	texts, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range all {
		j := inventory.Judgment{Reasons: []inventory.Reason{{Code: code, Sentence: "What was found."}}}
		got := texts.doubts(inventory.Key{Reasons: []string{"What was found.", "Grace Hopper let it be made."}}, j)
		want := []string{"What was found.", "Grace Hopper let it be made."}
		switch {
		case code == "root-reached":
			want = want[1:]
		case texts.of(english, "doubt.", code) != "":
			want[0] = texts.of(english, "doubt.", code) + " What was found."
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is told as %q, want %q", code, got, want)
		}
	}
	for key := range texts[english] {
		if code, is := strings.CutPrefix(key, "doubt."); is && !slices.Contains(all, code) {
			t.Errorf("words for %q, which no judgment gives", code)
		}
	}
}
