package shipping

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/Boostport/address"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"keystation/inventory"
)

// Lines gives the lines of a as the post of its country wants them on a label. The country stands on the last line,
// in full and in capitals, with nothing else on it (USPS Publication 28, appendix A3); it is left out for mail within
// the country from, which may be empty.
func Lines(a inventory.Address, from string) ([]string, error) {
	a = cleaned(a)
	country, err := countryName(a.Country)
	if err != nil {
		return nil, err
	}
	lines := national(a)
	if a.Country != currentCode(from) {
		lines = append(lines, strings.ToUpper(country))
	}
	return lines, nil
}

// countryName gives the English name of a country, or refuses a code that no mail goes to.
func countryName(code string) (string, error) {
	region, err := language.ParseRegion(code)
	name := display.Regions(language.English).Name(region)
	if err != nil || len(code) != 2 || !region.IsCountry() || name == "" {
		return "", inventory.Refuse(inventory.Invalid, "The country %q is no country that mail goes to: use its two-letter code, such as DE or US.", code)
	}
	return Clean(name), nil
}

// currentCode gives the code in use today for one that was withdrawn or is reserved: GB for UK.
func currentCode(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return strings.ToUpper(code)
	}
	return region.Canonicalize().String()
}

func cleaned(a inventory.Address) inventory.Address {
	street := make([]string, 0, len(a.Street))
	for _, line := range a.Street {
		if line = Clean(line); line != "" {
			street = append(street, line)
		}
	}
	return inventory.Address{
		Recipient: Clean(a.Recipient), Company: Clean(a.Company), Street: street, City: Clean(a.City),
		Region: Clean(a.Region), PostalCode: Clean(a.PostalCode), Country: currentCode(Clean(a.Country)), Phone: Clean(a.Phone),
	}
}

// national gives the lines above the country. A country that the library does not know, or that makes it panic, gets
// the plain layout.
func national(a inventory.Address) (lines []string) {
	defer func() {
		if recover() != nil {
			lines = plain(a)
		}
	}()
	if !known(a.Country) {
		return plain(a)
	}
	l := layout{a: a, data: address.GetCountry(a.Country)}
	return l.lines()
}

// known tells if the library has data for a country: it panics on others.
func known(country string) bool {
	return address.GetCountry(country).DefaultLanguage != ""
}

// plain is the layout for countries that nobody told us about.
func plain(a inventory.Address) []string {
	lines := append([]string{a.Recipient, a.Company}, a.Street...)
	lines = append(lines, strings.TrimSpace(a.PostalCode+" "+a.City), a.Region)
	return filled(lines)
}

// layout is one address on its way through the library. It is the library's outputter: it sees the country's format
// before the library fills it in, and takes out what would print wrong.
type layout struct {
	a    inventory.Address
	data address.CountryData
}

func (l layout) lines() []string {
	a := l.complete()
	f := address.PostalLabelFormatter{Output: l, Latinize: !l.local()}
	text := f.Format(address.Address{
		Country: a.Country, Name: a.Recipient, Organization: a.Company, StreetAddress: a.Street, Locality: a.City,
		AdministrativeArea: l.region(), PostCode: a.PostalCode,
	}, l.language())
	// The library writes through html/template: what it escaped is turned back.
	return l.spelled(filled(strings.Split(html.UnescapeString(text), "\n")))
}

// complete moves what the country's format has no place for to where it is printed: better once too often than lost. A
// region is left out: where the format has none, the post wants none.
func (l layout) complete() inventory.Address {
	a := l.a
	if l.literal(a.City) {
		a.City = ""
	}
	if !l.has("%Z") && a.PostalCode != "" {
		a.City = strings.TrimSpace(a.City + " " + a.PostalCode)
	}
	if !l.has("%C") && a.City != "" {
		a.Street = append(slices.Clip(a.Street), a.City) // Japan: the format knows prefecture and street only
		a.City = ""
	}
	return a
}

// TransformFormat takes empty fields out of format, with the separators that would be left standing: the library turns
// two spaces in a row into a new line.
func (l layout) TransformFormat(format string, upper map[address.Field]struct{}) string {
	var rows []string
	for row := range strings.SplitSeq(format, "%n") {
		rows = append(rows, l.row(row))
	}
	return address.StringOutputter{}.TransformFormat(strings.Join(rows, "%n"), upper)
}

func (l layout) row(row string) string {
	empty := map[string]bool{
		"%O": l.a.Company == "", "%C": l.a.City == "", "%S": l.a.Region == "", "%Z": l.a.PostalCode == "", "%D": true, "%X": true,
		"%country": true,
	}
	for token, gone := range empty {
		if gone {
			row = strings.ReplaceAll(row, token, "\x00")
		}
	}
	return emptied.ReplaceAllString(row, "")
}

// emptied matches an empty field with what leads up to it (", ", "-", the country's prefix of a postal code), else with
// what follows.
var emptied = regexp.MustCompile(`^[A-Z]+-\x00 ?|(, ?|-| )\x00|\x00( - |, ?|-| )?`)

// has tells if the country's format in use knows a field.
func (l layout) has(token string) bool { return strings.Contains(l.format(), token) }

// literal tells if the format spells the text out by itself, as Singapore's does.
func (l layout) literal(text string) bool {
	return text != "" && strings.Contains(strings.ToUpper(l.format()), strings.ToUpper(text))
}

func (l layout) format() string {
	if !l.local() && l.data.LatinizedFormat != "" {
		return l.data.LatinizedFormat
	}
	return l.data.Format
}

// local tells if the address is written in a script whose own order of lines is from big to small.
func (l layout) local() bool {
	return strings.ContainsFunc(l.a.City+strings.Join(l.a.Street, ""), func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
	})
}

// language is the one in which a region is named: English beside a Latin address, else the country's own.
func (l layout) language() string {
	for _, r := range l.a.City + strings.Join(l.a.Street, "") {
		if unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) {
			return l.data.DefaultLanguage
		}
	}
	return "en"
}

// region gives the key by which the library knows a region that was written by its name; others stay as they are.
func (l layout) region() string {
	for _, areas := range l.data.AdministrativeAreas {
		for _, area := range areas {
			if strings.EqualFold(area.ID, l.a.Region) || strings.EqualFold(area.Name, l.a.Region) {
				return area.ID
			}
		}
	}
	return l.a.Region
}

// spelled drops the accents of Greek capitals, which are written without them.
func (l layout) spelled(lines []string) []string {
	for i, line := range lines {
		if (l.a.Country == "GR" || l.a.Country == "CY") && line == strings.ToUpper(line) {
			lines[i] = cases.Upper(language.Greek).String(line)
		}
	}
	return lines
}

func filled(lines []string) []string {
	var out []string
	for _, line := range lines {
		if line = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), "/")); line != "" { // the separator of a region that was not given (TR)
			out = append(out, line)
		}
	}
	return out
}
