package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"keystation/inventory"
	"keystation/shipping"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// golden compares got with a file in testdata, or rewrites it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; if that is meant, run the test with -update and read the diff\ngot:\n%s", path, got)
	}
}

// What is in the document is the same on every machine; how it is compressed, and how poppler spaces the words, is
// left out of the comparison.
func TestDraw_golden(t *testing.T) {
	for _, test := range []struct {
		name string
		made shipping.Made
		desk shipping.Desk
	}{
		{"packet", made(), desk()}, {"testkey", made(), testDesk()}, {"letter", greek(), letterDesk()}, {"pickup", pickedUp(), nameless()},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc := drawn(t, test.made, test.desk)
			golden(t, test.name+".sha256", []byte(hash(t, doc)+"\n"))
			needs(t, "pdftotext")
			text, err := exec.Command("pdftotext", "-raw", saved(t, doc), "-").Output()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, test.name+".txt", lines(text))
		})
	}
}

// hash is of the streams of a document, inflated: its pages and fonts.
func hash(t *testing.T, doc []byte) string {
	t.Helper()
	sum, n := sha256.New(), 0
	for part := range bytes.SplitSeq(doc, []byte("\nendstream")) {
		_, stream, found := bytes.Cut(part, []byte(">>\nstream\n"))
		if !found {
			continue
		}
		if z, err := zlib.NewReader(bytes.NewReader(stream)); err == nil {
			if stream, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		sum.Write(stream)
		n++
	}
	if n < 3+2*3 {
		t.Fatalf("three pages and two fonts make more than %d streams", n)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// lines leaves out empty lines and the room between words.
func lines(text []byte) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(text) {
		if words := bytes.Fields(line); len(words) > 0 {
			b.Write(append(joined(bytes.Join(words, []byte(" "))), '\n'))
		}
	}
	return b.Bytes()
}

// joined closes the gaps of a tag that was set letter by letter.
func joined(line []byte) []byte {
	return letterByLetter.ReplaceAllFunc(line, func(tag []byte) []byte { return bytes.ReplaceAll(tag, []byte(" "), nil) })
}

var letterByLetter = regexp.MustCompile(`\b([0-9A-Z]{1,2} )+- ([0-9A-Z]{1,2} )+[0-9A-Z]{1,2}\b`)

// pickedUp is a key without an address to send it to.
func pickedUp() shipping.Made {
	m := made()
	m.Order.Address = inventory.Address{}
	return m
}

// nameless gives a desk that said nothing about itself.
func nameless() shipping.Desk { return shipping.Desk{Settings: desk().Settings} }

// greek is a key for somebody in Athens, with two lines too long to stay whole.
func greek() shipping.Made {
	m := made()
	m.Order.Person.Name = "Αλέξανδρος Παπαδόπουλος"
	m.Order.Address = inventory.Address{
		Recipient: "Αλέξανδρος Παπαδόπουλος", Company: "Παράδειγμα Ανώνυμη Εταιρεία Τεχνολογίας και Ασφάλειας",
		Street: []string{"Λεωφόρος Βασιλίσσης Σοφίας 112, κτίριο Β, τρίτος όροφος, γραφείο 14"}, City: "Αθήνα", PostalCode: "115 27", Country: "GR",
	}
	m.Key.Model = "Feitian 飞天 K9"
	return m
}

// The same packet gives the same bytes, also when sixteen are drawn at once.
func TestDraw_sameBytes(t *testing.T) {
	want := drawn(t, made(), desk())
	p, err := shipping.NewPacket(made(), desk(), Glyphs)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			var b bytes.Buffer
			if err := Draw(&b, p); err != nil || !bytes.Equal(b.Bytes(), want) {
				t.Errorf("another document came out (%v)", err)
			}
		})
	}
	wg.Wait()
}

func TestDraw_scripts(t *testing.T) {
	needs(t, "pdftotext")
	for _, name := range []string{
		"Zoë Ærøskøbing", "Łukasz Żółć", "Nguyễn Thị Hồng Đào", "İpek Şahin", "Александр Щукин", "Їжак Ґудзь", "Ђорђе Љубичић",
		"Αλέξανδρος Ὀδυσσεύς", "Māris Ķēniņš", "Ọlọ́runfẹ́mi", "Zoe\u0308 Gru\u0308n", "O’Neil – “Ann”", "Þórður Æsir",
	} {
		m := made()
		m.Order.Address.Recipient = name
		text, err := exec.Command("pdftotext", "-f", "1", "-l", "1", "-raw", saved(t, drawn(t, m, desk())), "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(shipping.Clean(strings.ReplaceAll(string(text), "\n", "")), strings.ReplaceAll(shipping.Clean(name), "\n", "")) {
			t.Errorf("%s is not on the label:\n%s", name, text)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*inventory.Order)
		want   string
	}{
		{"fine", func(*inventory.Order) {}, ""},
		{"picked up", func(o *inventory.Order) { o.Address = inventory.Address{} }, ""},
		{"é in two parts", func(o *inventory.Order) { o.Person.Name = "Ze\u0301" }, ""},
		{"wraps", func(o *inventory.Order) {
			o.Address.Company = "Gesellschaft für internationale Zusammenarbeit und Entwicklung mbH & Co. KG"
		}, ""},
		{"shrinks", func(o *inventory.Order) { o.Address.Company = strings.Repeat("Donaudampf", 4) }, ""},
		{"Chinese", func(o *inventory.Order) { o.Address.Street = []string{"愛 7"} }, "‘愛’ (U+611B), which this printer's fonts do not have"},
		{"Japanese", func(o *inventory.Order) { o.Address.City = "とうきょう" }, "‘と’ (U+3068)"},
		{"Korean", func(o *inventory.Order) { o.Address.City = "서울" }, "‘서’ (U+C11C)"},
		{"Arabic, although the font has letters", func(o *inventory.Order) { o.Address.City = "دبي" }, "‘د’ (U+062F)"},
		{"Hebrew, although the font has letters", func(o *inventory.Order) { o.Address.City = "חיפה" }, "‘ח’ (U+05D7)"},
		{"Devanagari", func(o *inventory.Order) { o.Address.City = "दिल्ली" }, "‘द’ (U+0926)"},
		{"Thai", func(o *inventory.Order) { o.Address.City = "กรุง" }, "‘ก’ (U+0E01)"},
		{"emoji", func(o *inventory.Order) { o.Person.Name = "Zoë 🔑" }, "‘🔑’ (U+1F511)"},
		{"rare Han", func(o *inventory.Order) { o.Person.Name = "𠮷" }, "‘𠮷’ (U+20BB7)"},
		{"zero width", func(o *inventory.Order) { o.Address.City = "Ber\u200dlin" }, "invisible character U+200D"},
		{"soft hyphen", func(o *inventory.Order) { o.Address.City = "Ber\u00adlin" }, "invisible character U+00AD"},
		{"one endless word", func(o *inventory.Order) { o.Address.Company = strings.Repeat("W", 60) }, "The address line \"WWW"},
		{"too much of it", func(o *inventory.Order) {
			long := strings.TrimSpace(strings.Repeat("MMMMMMMMM ", 10))
			o.Address.Recipient, o.Address.Company, o.Address.Street = long, long, []string{long, long, long}
			o.Address.City = long
		}, "too many long lines"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := made().Order
			test.change(&o)
			err := Check(o, desk())
			if test.want == "" && err != nil || test.want != "" && !strings.Contains(inventory.Sentence(err), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if err != nil && inventory.KindOf(err) != inventory.Invalid {
				t.Errorf("kind %s", inventory.KindOf(err))
			}
		})
	}
}

// What Check lets pass, Draw draws.
func TestCheck_thenDraw(t *testing.T) {
	for _, d := range []shipping.Desk{desk(), testDesk(), letterDesk(), {}} {
		for _, m := range []shipping.Made{made(), greek(), pickedUp()} {
			if err := Check(m.Order, d); err != nil {
				t.Fatal(err)
			}
			drawn(t, m, d)
		}
	}
}

func TestDraw_writesNothing(t *testing.T) {
	p, err := shipping.NewPacket(made(), desk(), Glyphs)
	if err != nil {
		t.Fatal(err)
	}
	p.Slip.Notes = []string{"愛"}
	var b bytes.Buffer
	if err := Draw(&b, p); !strings.Contains(inventory.Sentence(err), "text of the packing slip has the character ‘愛’") || b.Len() != 0 {
		t.Errorf("got %v and %d bytes", err, b.Len())
	}
	p.Slip.Notes = []string{"a\u202eb"}
	if err := Draw(&b, p); !strings.Contains(inventory.Sentence(err), "control character U+202E") || b.Len() != 0 {
		t.Errorf("got %v and %d bytes", err, b.Len())
	}
	p.Slip.Notes = nil
	p.Start.Blocks = append(p.Start.Blocks, shipping.Block{Items: make([]string, 200)})
	for i := range 200 {
		p.Start.Blocks[len(p.Start.Blocks)-1].Items[i] = "more"
	}
	if err := Draw(&b, p); !errors.Is(err, errTooLong) || b.Len() != 0 {
		t.Errorf("got %v and %d bytes", err, b.Len())
	}
}

// A panic of the library fails one document with a sentence.
func TestDraw_recovers(t *testing.T) {
	p, err := shipping.NewPacket(made(), desk(), Glyphs)
	if err != nil {
		t.Fatal(err)
	}
	p.Label.From, p.Label.To = make([]string, 100), nil // no such packet can be made
	var b bytes.Buffer
	err = Draw(&b, p)
	if inventory.KindOf(err) != inventory.Internal || !strings.Contains(inventory.Sentence(err), "Packet P-1001 for key 7KQM-3XWB could not be drawn") || b.Len() != 0 {
		t.Errorf("got %v", err)
	}
}

// Every kind of key has a quick start that fits on the smaller page, with the longest names a desk may have.
func TestDraw_fits(t *testing.T) {
	d := letterDesk()
	d.Name, d.Contact = strings.TrimSpace(strings.Repeat("Name of a desk ", 6)), strings.TrimSpace(strings.Repeat("+1 555 0100 ", 8))
	d.Settings.PublicURL = "https://" + strings.Repeat("averylongname", 3) + ".example.com/keys"
	d.Return.Company, d.Return.Street = "Example Inc.", []string{"1 Main St", "Building 7", "Suite 300"}
	for _, change := range []func(*shipping.Made){
		func(*shipping.Made) {},
		func(m *shipping.Made) { m.Key.Arrival = inventory.ArrivalPINFirst },
		func(m *shipping.Made) { m.Key.PINKnown = true },
		func(m *shipping.Made) { m.Key.Test = true },
		func(m *shipping.Made) { m.Order.Address, m.Key.Test = inventory.Address{}, true },
		func(m *shipping.Made) { m.Order.Person.Name = strings.TrimSpace(strings.Repeat("Maximiliane ", 8)) },
		func(m *shipping.Made) {
			m.Order.Person.Department = strings.TrimSpace(strings.Repeat("Department ", 9))
		},
		func(m *shipping.Made) { m.Key.Model = strings.Repeat("W", 300) },
		func(m *shipping.Made) { m.Run.Operator.Name = strings.Repeat("Operator ", 40) },
	} {
		m := made()
		change(&m)
		if err := Check(m.Order, d); err != nil {
			t.Error(err)
		}
		drawn(t, m, d)
	}
}

// A line that is too wide breaks after a comma if it can, and a number stays with the word before it.
func TestParted(t *testing.T) {
	p, err := shipping.NewPacket(made(), desk(), Glyphs)
	if err != nil {
		t.Fatal(err)
	}
	s := newSheet(p)
	for _, test := range []struct{ have, want string }{
		{"Weg 1", "Weg 1"},
		{"Straße der Republik 135, Hinterhaus, dritter Stock", "Straße der Republik 135, | Hinterhaus, dritter Stock"},
		{"Leoforos Vasilissis Sofias kai Alexandras 112, Athina", "Leoforos Vasilissis Sofias kai | Alexandras 112, Athina"},
		{"Gesellschaft für internationale Zusammenarbeit", "Gesellschaft für internationale | Zusammenarbeit"},
		{"1000 2000 3000 4000 5000 6000 7000", "1000 2000 3000 4000 5000 | 6000 7000"},
	} {
		if got := strings.Join(s.parted(style{14, true, ink}, test.have, 85, 80), " | "); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

func TestDraw_fullDisk(t *testing.T) {
	p, err := shipping.NewPacket(made(), desk(), Glyphs)
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left")
	if err := Draw(failing{full}, p); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestGlyphs(t *testing.T) {
	for _, r := range "AzÀžőŁßéяЙїґЂαΩώὈ 0129.,-–—’“”…§№€&()/#@+" {
		if !Glyphs(r) {
			t.Errorf("%c (U+%04X) does not print", r, r)
		}
	}
	for _, r := range "愛あ한عאदก🔑\u200b\u00ad\u202e\x00\x7f\ufeff\ufffe\U0010ffff\u0378" {
		if Glyphs(r) {
			t.Errorf("U+%04X prints", r)
		}
	}
}

func TestFontLicense(t *testing.T) {
	if !strings.Contains(FontLicense, "Bitstream Vera Fonts Copyright") || !strings.Contains(FontLicense, "Arev Fonts Copyright") {
		t.Error("the fonts' license is not whole")
	}
}

// A thousand packets, each with its own order, on as many processors as there are. The time is that of all of them;
// MB is how far the program's memory grew.
func BenchmarkDraw_thousand(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var wg sync.WaitGroup
		numbers := make(chan int)
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				for n := range numbers {
					if err := drawNumbered(n); err != nil {
						b.Error(err)
					}
				}
			})
		}
		for n := range 1000 {
			numbers <- 1000 + n
		}
		close(numbers)
		wg.Wait()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/1e6, "MB")
}

func drawNumbered(n int) error {
	m := made()
	m.Parcel.Number = fmt.Sprintf("P-%d", n)
	p, err := shipping.NewPacket(m, desk(), Glyphs)
	if err != nil {
		return err
	}
	return Draw(io.Discard, p)
}
