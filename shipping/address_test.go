package shipping

import (
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
)

func TestLines(t *testing.T) {
	for _, test := range []struct {
		name string
		have inventory.Address
		from string
		want string // lines, separated by " | "
	}{
		{"United States", addr("US", "Ann O'Neil", "1600 Amphitheatre Pkwy", "Mountain View", "CA", "94043"), "DE", "Ann O'Neil | 1600 Amphitheatre Pkwy | MOUNTAIN VIEW, CA 94043 | UNITED STATES"},
		{"a state by its name", addr("US", "Ann", "1 Main St", "Springfield", "illinois", "62701"), "DE", "Ann | 1 Main St | SPRINGFIELD, IL 62701 | UNITED STATES"},
		{"a state left out", addr("US", "Ann", "1 Main St", "Springfield", "", "62701"), "DE", "Ann | 1 Main St | SPRINGFIELD 62701 | UNITED STATES"},
		{"within the country", addr("US", "Ann", "1 Main St", "Springfield", "IL", "62701"), "us", "Ann | 1 Main St | SPRINGFIELD, IL 62701"},
		{"Germany", addr("DE", "Zoë Grün & Søn", "Straße des 17. Juni 135", "Berlin", "", "10623"), "FR", "Zoë Grün & Søn | Straße des 17. Juni 135 | 10623 BERLIN | GERMANY"},
		{"Germany from nowhere", addr("DE", "Zoë", "Weg 1", "Berlin", "", "10623"), "", "Zoë | Weg 1 | 10623 BERLIN | GERMANY"},
		{"Britain", addr("GB", "A. Smith", "10 Downing Street", "London", "", "SW1A 2AA"), "DE", "A. Smith | 10 Downing Street | LONDON | SW1A 2AA | UNITED KINGDOM"},
		{"France", addr("FR", "Zoé", "12 rue de l'Église", "Paris", "", "75011"), "DE", "Zoé | 12 rue de l'Église | 75011 PARIS | FRANCE"},
		{"Japan keeps its city", addr("JP", "Hanako Sato", "1-1 Marunouchi", "Chiyoda-ku", "13", "100-0005"), "DE", "Hanako Sato | 1-1 Marunouchi | Chiyoda-ku, TOKYO | 100-0005 | JAPAN"},
		{"Japan in its own script", addr("JP", "佐藤花子", "丸の内1-1", "千代田区", "13", "100-0005"), "DE", "〒100-0005 | 東京都 | 丸の内1-1 | 千代田区 | 佐藤花子 | JAPAN"},
		{"Brazil", addr("BR", "João Conceição", "Rua Açaí 10", "São Paulo", "SP", "01310-100"), "DE", "João Conceição | Rua Açaí 10 | SÃO PAULO-SP | 01310-100 | BRAZIL"},
		{"Brazil without a state", addr("BR", "João", "Rua 10", "São Paulo", "", "01310-100"), "DE", "João | Rua 10 | SÃO PAULO | 01310-100 | BRAZIL"},
		{"Greek capitals have no accents", addr("GR", "Αλέξανδρος", "Οδός Ερμού 5", "Αθήνα", "", "105 63"), "DE", "Αλέξανδρος | Οδός Ερμού 5 | 105 63 ΑΘΗΝΑ | GREECE"},
		{"Bulgaria", addr("BG", "Иван Петров", "ул. Шипка 4", "София", "", "1504"), "DE", "Иван Петров | ул. Шипка 4 | 1504 СОФИЯ | BULGARIA"},
		{"Russia names the region in its script", addr("RU", "Анна", "ул. Ленина 3", "Барнаул", "ALT", "656000"), "DE", "Анна | УЛ. ЛЕНИНА 3 | БАРНАУЛ | Алтайский край | 656000 | RUSSIA"},
		{"Switzerland", addr("CH", "Urs", "Gasse 1", "Zürich", "", "8001"), "DE", "Urs | Gasse 1 | CH-8001 ZÜRICH | SWITZERLAND"},
		{"Switzerland without a code", addr("CH", "Urs", "Gasse 1", "Zürich", "", ""), "DE", "Urs | Gasse 1 | ZÜRICH | SWITZERLAND"},
		{"Singapore says its name once", addr("SG", "Tan", "1 Raffles Place", "Singapore", "", "048616"), "DE", "Tan | 1 Raffles Place | SINGAPORE 048616 | SINGAPORE"},
		{"a code where the format has none", addr("AE", "Omar", "Sheikh Zayed Rd 1", "Dubai", "DU", "00000"), "DE", "Omar | Sheikh Zayed Rd 1 | Dubai 00000 | Dubai | UNITED ARAB EMIRATES"},
		{"Taiwan from big to small for nobody abroad", addr("TW", "Chen", "Xinyi Rd 7", "Xinyi", "TPE", "110"), "DE", "Chen | Xinyi Rd 7 | XINYI, Taipei City 110 | TAIWAN"},
		{"a country the library does not know", addr("IC", "Piet", "Calle 1", "Las Palmas", "Gran Canaria", "35001"), "DE", "Piet | Calle 1 | 35001 Las Palmas | Gran Canaria | CANARY ISLANDS"},
		{"a reserved code", addr("UK", "A. Smith", "10 Downing Street", "London", "", "SW1A 2AA"), "GB", "A. Smith | 10 Downing Street | LONDON | SW1A 2AA"},
		{"Turkey without a province", addr("TR", "Şule", "İstiklal Cd. 5", "İstanbul", "", "34433"), "DE", "Şule | İstiklal Cd. 5 | 34433 İSTANBUL | TURKEY"},
		{"white space", addr("DE", " Zoë   Grün ", "Weg\u00a01", "Berlin  Mitte", "", "10623"), "DE", "Zoë Grün | Weg 1 | 10623 BERLIN MITTE"},
		{"markup is no markup", addr("DE", "<b>&amp; \"Zoë\"</b>", "Weg 1", "Berlin", "", "10623"), "DE", "<b>&amp; \"Zoë\"</b> | Weg 1 | 10623 BERLIN"},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines, err := Lines(test.have, test.from)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(lines, " | "); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func addr(country, name, street, city, region, code string) inventory.Address {
	return inventory.Address{Recipient: name, Street: []string{street}, City: city, Region: region, PostalCode: code, Country: country}
}

func TestLines_company(t *testing.T) {
	a := addr("FR", "Zoé", "12 rue", "Paris", "", "75011")
	a.Company, a.Street = "Example SAS", []string{"12 rue", "", "Escalier B"}
	lines, err := Lines(a, "FR")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"Example SAS", "Zoé", "12 rue", "Escalier B", "75011 PARIS"}; !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
}

// Whatever the country, nothing that was given for the street or the city is lost, and the country is the last line.
func TestLines_loseNothing(t *testing.T) {
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			lines, err := Lines(addr(code, "Recipient", "Street 42", "Cityname", "", "12345"), "")
			if err != nil {
				continue
			}
			all := strings.ToUpper(strings.Join(lines, " "))
			for _, part := range []string{"RECIPIENT", "STREET 42", "CITYNAME", "12345"} {
				if strings.Count(all, part) != 1 {
					t.Errorf("%s: %s is %d times in %q", code, part, strings.Count(all, part), lines)
				}
			}
			name, err := countryName(code)
			if err != nil || lines[len(lines)-1] != strings.ToUpper(name) {
				t.Errorf("%s: the last line is %q, not %s (%v)", code, lines[len(lines)-1], strings.ToUpper(name), err)
			}
		}
	}
}

func TestLines_noSuchCountry(t *testing.T) {
	for _, code := range []string{"XX", "ZZ", "D", "EU", "001", ""} {
		_, err := Lines(addr(code, "A", "B", "C", "", ""), "")
		if inventory.KindOf(err) != inventory.Invalid || !strings.Contains(inventory.Sentence(err), "two-letter code") {
			t.Errorf("%q: got %v", code, err)
		}
	}
}
