package inventory

import (
	"fmt"
	"strings"
	"testing"
)

// lock is what caps lock does on the computer.
type lock string

const (
	noLock    lock = "off"
	letters   lock = "letters" // Linux, and every US keyboard: the case of letters; é becomes É
	shiftLock lock = "shift"   // Windows, German and French: digits and signs too
)

// typed is what a computer gets from a scanner: the keys are those of one layout, the characters those of another. It
// fails the test when a character of ours is on no key, or on one that gives nothing.
func typed(t *testing.T, code string, scanner, computer layout, caps lock) string {
	t.Helper()
	var b strings.Builder
	for _, r := range code {
		key, shift := scanner.key(r)
		if key < 0 {
			t.Fatalf("%q is on no key of a scanner set to %s", r, scanner.name)
		}
		got := computer.gives(key, shift != (caps == shiftLock))
		if got == ' ' {
			t.Fatalf("%q, typed by %s, gives nothing on %s", r, scanner.name, computer.name)
		}
		if caps == letters {
			got = otherCase(got)
		}
		b.WriteRune(got)
	}
	return b.String()
}

// everyKeyboard calls do with all that a computer may get of a code.
func everyKeyboard(t *testing.T, code string, do func(name, typed string)) {
	t.Helper()
	for _, scanner := range layouts {
		for _, computer := range layouts {
			for _, caps := range []lock{noLock, letters, shiftLock} {
				if caps != shiftLock || computer.shiftLock {
					name := fmt.Sprintf("scanner %s, computer %s, caps lock %s", scanner.name, computer.name, caps)
					do(name, typed(t, code, scanner, computer, caps))
				}
			}
		}
	}
}

// TestLayouts_facts holds the tables against what the three keyboards are known to do to each other.
func TestLayouts_facts(t *testing.T) {
	by := map[string]layout{}
	for _, l := range layouts {
		by[l.name] = l
		if len(l.plain) != 47 || len(l.shifted) != 47 {
			t.Errorf("%s has %d and %d signs, not 47", l.name, len(l.plain), len(l.shifted))
		}
		on := map[rune]bool{' ': true}
		for _, r := range append(append([]rune{}, l.plain...), l.shifted...) {
			if on[r] && r != ' ' {
				t.Errorf("%s has %q twice", l.name, r)
			}
			on[r] = true
		}
		for _, r := range "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-:/." {
			if !on[r] {
				t.Errorf("%s has no %q", l.name, r)
			}
		}
	}
	for _, tt := range []struct{ scanner, computer, code, want string }{
		{"US", "DE", "7KQM-3XWY", "7KQMß3XWZ"},
		{"US", "DE", "https://k.example/a/", "httpsÖ--k.example-a-"},
		{"US", "FR", "1234567890-", `&é"'(-è_çà)`},
		{"US", "FR", "AQZWM:/.", "QAWZ?M!:"},
		{"DE", "US", "Y-Z", "Z/Y"},
		{"DE", "US", "https://a.b", "https>&&a.b"},
		{"DE", "FR", "2-Q:", "é!A/"},
		{"FR", "US", "1234567890-", "!@#$%^&*()6"},
		{"FR", "DE", "1234567890-", `!"§$%&/()=6`},
		{"FR", "US", "AQZWM:/.", `QAWZ:.><`},
	} {
		if got := typed(t, tt.code, by[tt.scanner], by[tt.computer], noLock); got != tt.want {
			t.Errorf("%s on %s: %q becomes %q, want %q", tt.scanner, tt.computer, tt.code, got, tt.want)
		}
	}
	if got := typed(t, "23-A", by["US"], by["FR"], shiftLock); got != "23°q" {
		t.Errorf("French with caps lock on gives %q", got)
	}
	if got := typed(t, "23-A", by["FR"], by["FR"], letters); got != "23-a" {
		t.Errorf("French with caps lock for letters gives %q", got)
	}
}

// TestReadScan_everyKeyboard reads many tags, as label and as link, and many numbers, through every pair of layouts: what
// comes out is the code or a refusal, never another one, and a refused tag is rare.
func TestReadScan_everyKeyboard(t *testing.T) {
	r := dice(3)
	reads, unclear := map[ScanKind]int{}, map[ScanKind]int{}
	check := func(code string, want Scan) {
		everyKeyboard(t, code, func(name, typed string) {
			reads[want.Kind]++
			switch got := ReadScan(typed + "\n"); got {
			case want:
			case Scan{Kind: ScanUnclear}:
				unclear[want.Kind]++
			default:
				t.Errorf("%s: %s arrives as %s and is read as %+v", name, code, typed, got)
			}
		})
	}
	for i := range 150 {
		tag, err := NewAssetTag(r)
		if err != nil {
			t.Fatal(err)
		}
		check(string(tag), Scan{Kind: ScanTag, Tag: tag})
		check("https://keys.example.com/a/"+string(tag), Scan{Kind: ScanTag, Tag: tag})
		number := fmt.Sprint(1000 + 37*i)
		check("P-"+number, Scan{Kind: ScanParcel, Number: "P-" + number})
		check("R-"+number+"-2", Scan{Kind: ScanRequisition, Number: "R-" + number})
	}
	for kind, few := range map[ScanKind]float64{ScanTag: 0.002, ScanParcel: 0.03, ScanRequisition: 0.03} {
		if share := float64(unclear[kind]) / float64(reads[kind]); share > few {
			t.Errorf("%s: %.2f %% of %d readings are refused", kind, 100*share, reads[kind])
		}
	}
	t.Logf("%v codes read, %v refused as unclear", reads, unclear)
}

// TestCommandCodes reads every code of the sheet through every pair of layouts. They are hung up on walls: none may ever
// change, and none is refused.
func TestCommandCodes(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range CommandCodes() {
		body, check := c.Code[:len(c.Code)-1], c.Code[len(c.Code)-1]
		if len(c.Code) != 6 || tagCheck(body) != check || strings.Trim(c.Code, codeLetters) != "" || seen[c.Code] || c.Says == "" {
			t.Errorf("%+v: not six steady letters with their check character, or twice", c)
		}
		seen[c.Code] = true
		want := Scan{Kind: ScanCommand, Command: c.Command}
		if c.Port > 0 {
			want = Scan{Kind: ScanPort, Port: c.Port}
		}
		everyKeyboard(t, c.Code, func(name, typed string) {
			if got := ReadScan(typed); got != want {
				t.Errorf("%s: %s arrives as %s and is read as %+v", name, c.Code, typed, got)
			}
		})
	}
	if len(seen) != len(commandCodes)+CommandPorts {
		t.Errorf("%d codes", len(seen))
	}
	if codes := CommandCodes(); codes[8].Code != "KSXBDE" || codes[39].Code != "KSXECE" {
		t.Errorf("port 1 is %s, port 32 is %s: a sheet on a wall has become wrong", codes[8].Code, codes[39].Code)
	}
	for _, c := range CommandCodes() {
		if strings.Contains(string(c.Command), "YES") || strings.HasPrefix(string(c.Command), "START") {
			t.Errorf("%s could end in a wiped key without anybody reading which", c.Command)
		}
	}
}

func TestReadScan(t *testing.T) {
	serial := "YK 5C 12345678"
	for _, tt := range []struct {
		name, text string
		want       Scan
	}{
		{"typed small without a dash", "7kqm3xwm", Scan{Kind: ScanTag, Tag: "7KQM-3XWM"}},
		{"with spaces", " 7kqm 3xwm\r\n", Scan{Kind: ScanTag, Tag: "7KQM-3XWM"}},
		{"a link from a slip", "https://keys.example.com/a/7KQM-3XWM", Scan{Kind: ScanTag, Tag: "7KQM-3XWM"}},
		{"wrong check character", "7KQM-3XW4", Scan{Kind: ScanUnknown, Text: "7KQM-3XW4"}},
		{"requisition as typed", "r1001", Scan{Kind: ScanRequisition, Number: "R-1001"}},
		{"requisition with its line", "R-1001-2", Scan{Kind: ScanRequisition, Number: "R-1001"}},
		{"parcel as typed", "p 1001", Scan{Kind: ScanParcel, Number: "P-1001"}},
		{"a digit that two keyboards read in two ways", "P6())", Scan{Kind: ScanUnclear}},
		{"command in small letters", "kshltc", Scan{Kind: ScanCommand, Command: CommandHold}},
		{"command with a slip", "KSHLTD", Scan{Kind: ScanUnknown, Text: "KSHLTD"}},
		{"a maker's serial", " " + serial + "\t", Scan{Kind: ScanUnknown, Text: serial}},
		{"a number is no requisition: a serial may be one", "1001", Scan{Kind: ScanUnknown, Text: "1001"}},
		{"nothing", "  ", Scan{Kind: ScanUnknown}},
		{"not UTF-8", "\xff\xfe-", Scan{Kind: ScanUnknown, Text: "\xff\xfe-"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ReadScan(tt.text); got != tt.want {
				t.Errorf("ReadScan(%q) = %+v, want %+v", tt.text, got, tt.want)
			}
		})
	}
}

// TestReadScan_otp: what a touched key types is recognized however it arrives, and none of it is kept.
func TestReadScan_otp(t *testing.T) {
	const otp = "cccccckdvvulgjvtkjdhtlrbjjctggdihuevikehtlil"
	texts := map[string]string{
		"as typed": otp, "two touches": otp + otp, "after other keys": "hold " + otp, "cut short": otp[:20], "only the secret part": otp[12:],
		"in a layout nobody undoes": "jjjjjjteekhniket.jjbdkhppjjxghhukdhkcktjdknk",
	}
	everyKeyboard(t, otp, func(name, typed string) { texts[name] = typed })
	for name, text := range texts {
		if got := ReadScan(text + "\n"); got != (Scan{Kind: ScanOTP}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, text := range []string{"7KQM-3XWM", "123456789012345678901234567890123456789012AB", "0123456789ABCDEF", "deeded", "https://bridge.eu.enterprise.example/a/x"} {
		if got := ReadScan(text); got.Kind == ScanOTP {
			t.Errorf("%s is taken for a one-time password", text)
		}
	}
}

func FuzzReadScan(f *testing.F) {
	for _, s := range []string{"7KQM-3XWM", `è)jçà`, "KSHLTC", "cccccckdvvulgjvtkjdhtlrbjjctggdihuevikehtlil", "\xff", "R-1", "httpsÖ--k-a-7KQMß3XWM"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := ReadScan(s)
		if got.Kind == ScanTag {
			if tag, err := ParseAssetTag(string(got.Tag)); err != nil || tag != got.Tag {
				t.Fatalf("ReadScan(%q) = %+v", s, got)
			}
		}
		if (got.Kind == ScanOTP || got.Kind == ScanUnclear) && got.Text != "" {
			t.Fatalf("%s keeps its text", got.Kind)
		}
		if again := ReadScan(strings.TrimSpace(s)); again != got {
			t.Fatalf("ReadScan(%q) = %+v, trimmed %+v", s, got, again)
		}
	})
}
