package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
)

// moduleRoot is where go.mod is, seen from this package.
const moduleRoot = "../.."

// TestTopLevel keeps the top of the tree as short as the map says. Dot files
// stand beside; bin and out are made by make and ignored by git.
func TestTopLevel(t *testing.T) {
	allowed := strings.Fields("cmd station inventory shipping web schema go.mod go.sum Makefile README.md bin out")
	entries, err := os.ReadDir(moduleRoot)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s stands at the top level, which is fixed: find the room it belongs to", e.Name())
		}
	}
}

// TestPackageDocs asks of every package that its first comment says in 5 to 40
// lines what it knows, and of every exported name that a sentence says so too.
func TestPackageDocs(t *testing.T) {
	for _, p := range listPackages(t) {
		t.Run(p.room(), func(t *testing.T) {
			files := token.NewFileSet()
			lines := 0
			for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
				file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
				if err != nil {
					t.Fatal(err)
				}
				if file.Doc != nil {
					lines += strings.Count(file.Doc.Text(), "\n")
				}
				for _, d := range file.Decls {
					for _, fault := range undocumented(d) {
						t.Errorf("%s: %s", files.Position(d.Pos()), fault)
					}
				}
			}
			if lines < 5 || lines > 40 {
				t.Errorf("the package comment has %d lines; between 5 and 40 it says what the package knows", lines)
			}
		})
	}
}

// undocumented says which exported names a declaration leaves without a word.
func undocumented(d ast.Decl) []string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if !d.Name.IsExported() || !exportedReceiver(d) {
			return nil
		}
		return opensWith(d.Name.Name, d.Doc)
	case *ast.GenDecl:
		var out []string
		for _, s := range d.Specs {
			out = append(out, undocumentedSpec(d, s)...)
		}
		return out
	}
	return nil
}

func undocumentedSpec(d *ast.GenDecl, s ast.Spec) []string {
	switch s := s.(type) {
	case *ast.TypeSpec:
		if !s.Name.IsExported() {
			return nil
		}
		if s.Doc != nil {
			return opensWith(s.Name.Name, s.Doc)
		}
		if d.Lparen.IsValid() && d.Doc != nil { // a family, introduced once
			return nil
		}
		return opensWith(s.Name.Name, d.Doc)
	case *ast.ValueSpec:
		// One comment over a group, or one beside a name, says enough.
		if d.Doc != nil || s.Doc != nil || s.Comment != nil {
			return nil
		}
		for _, name := range s.Names {
			if name.IsExported() {
				return []string{name.Name + " has no comment"}
			}
		}
	}
	return nil
}

func opensWith(name string, doc *ast.CommentGroup) []string {
	if doc == nil {
		return []string{name + " has no comment"}
	}
	text := doc.Text()
	for _, article := range []string{"A ", "An ", "The "} {
		text = strings.TrimPrefix(text, article)
	}
	if !strings.HasPrefix(text, name) {
		return []string{fmt.Sprintf("the comment of %s is no sentence that begins with it", name)}
	}
	return nil
}

// exportedReceiver is true of functions and of methods that are seen outside.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	x := d.Recv.List[0].Type
	if star, ok := x.(*ast.StarExpr); ok {
		x = star.X
	}
	if generic, ok := x.(*ast.IndexExpr); ok {
		x = generic.X
	}
	id, ok := x.(*ast.Ident)
	return ok && id.IsExported()
}

// TestHelp asks of every command a line about itself and an example.
func TestHelp(t *testing.T) {
	eachCommand(newRoot(seams{}), func(c *cobra.Command) {
		if c.Short == "" {
			t.Errorf("%s has no line in the help", c.CommandPath())
		}
		if !c.HasSubCommands() && !strings.HasPrefix(c.Example, "  keystation ") {
			t.Errorf("%s has no example", c.CommandPath())
		}
	})
}

// TestReadme asks that what the README tells people to type exists.
func TestReadme(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(moduleRoot, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile(filepath.Join(moduleRoot, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?m)(?:^|`)make ([a-z-]+)").FindAllStringSubmatch(string(b), -1) {
		if !regexp.MustCompile(`(?m)^` + m[1] + `:.*## `).Match(makefile) {
			t.Errorf("README says `make %s`, and there is no such target", m[1])
		}
	}
	for _, m := range regexp.MustCompile("(?m)(?:^|`|bin/)keystation ([a-z]+)(?: ([a-z]+))?").FindAllStringSubmatch(string(b), -1) {
		c, _, err := newRoot(seams{}).Find(m[1:2])
		if err != nil || c.Name() != m[1] {
			t.Errorf("README says `keystation %s`, and there is no such command", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`\]\(([^):#]+)\)`).FindAllStringSubmatch(string(b), -1) {
		if _, err := os.Stat(filepath.Join(moduleRoot, m[1])); err != nil {
			t.Errorf("README links to %s, which is not there", m[1])
		}
	}
}

// TestReadme_pasted runs what the README gives to paste into a terminal, as it stands.
func TestReadme_pasted(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join(moduleRoot, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```\\n(bin/keystation init --db try.db\n.*?)^```").FindSubmatch(b)
	if blocks == nil {
		t.Fatal("README has no block that makes try.db")
	}
	dir := t.TempDir()
	program, err := exec.LookPath("keystation")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(dir, "bin/keystation")); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "sh", "-e", "-c", string(blocks[1]))
	c.Dir, c.Stderr = dir, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	defer func() { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }() // the keys, if it went wrong before its last line
	out, err := c.Output()
	if err != nil || strings.Count(string(out), " ready ") != 2 || !strings.Contains(string(out), "consistent with itself") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestReadme_map asks that the map people read is the one TestImports enforces.
func TestReadme_map(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(moduleRoot, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string][]string{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z0-9/, ]+?)  .*(?:-> (.*)|imports (all).*)$`).FindAllStringSubmatch(string(b), -1) {
		may := mapArrows(m[2])
		if m[3] == "all" {
			may = []string{"*"}
		}
		first, second, two := strings.Cut(m[1], ", ")
		drawn[first] = may
		if two {
			drawn[path.Dir(first)+"/"+second] = may
		}
	}
	for _, r := range rooms {
		want := slices.Sorted(slices.Values(r.may))
		if got, ok := drawn[r.name]; !ok || !slices.Equal(slices.Sorted(slices.Values(got)), want) {
			t.Errorf("README draws %s -> %v, TestImports has %v", r.name, got, want)
		}
		delete(drawn, r.name)
	}
	for name := range drawn {
		t.Errorf("README draws %s, which TestImports does not know", name)
	}
}

// mapArrows reads "inventory station/{ctap,attest} (cbor)" as three rooms of ours.
func mapArrows(s string) []string {
	var out []string
	s, _, _ = strings.Cut(s, "(")
	for word := range strings.FieldsSeq(s) {
		base, inner, many := strings.Cut(strings.TrimSuffix(word, "}"), "{")
		if !many {
			out = append(out, word)
			continue
		}
		for part := range strings.SplitSeq(inner, ",") {
			out = append(out, base+part)
		}
	}
	return out
}
