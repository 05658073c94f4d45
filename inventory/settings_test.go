package inventory

import "testing"

func TestRPIDFor(t *testing.T) {
	const (
		noURL    = " is no public URL: it must begin with https:// and name a host, such as https://keys.example.com."
		noDomain = ": use a name such as keys.example.com (xn--… where it is not in Latin letters), no IP address."
	)
	tests := []struct {
		name, url, wish string
		want, refusal   string
	}{
		{"test database", "", "", "localhost", ""},
		{"test database, said so", "", "localhost", "localhost", ""},
		{"the host", "https://keys.example.com", "", "keys.example.com", ""},
		{"port and path stay out", "https://Keys.Example.com:8443/desk/", "", "keys.example.com", ""},
		{"the host wished for", "https://keys.example.com", "keys.example.com", "keys.example.com", ""},
		{"in capitals", "https://keys.example.com", "KEYS.Example.COM", "keys.example.com", ""},
		{"the domain above", "https://keys.example.com", "example.com", "example.com", ""},
		{"intranet", "https://keys", "", "keys", ""},
		{"punycode", "https://xn--80ak6aa92e.com", "", "xn--80ak6aa92e.com", ""},
		{"wish without URL", "", "example.com", "",
			"--rp-id needs --public-url: give the address that people will type, such as https://keys.example.com."},
		{"plain HTTP", "http://keys.example.com", "", "", `"http://keys.example.com"` + noURL},
		{"no scheme", "keys.example.com", "", "", `"keys.example.com"` + noURL},
		{"no host", "https:///keys", "", "", `"https:///keys"` + noURL},
		{"query", "https://keys.example.com?a", "", "", `"https://keys.example.com?a"` + noURL},
		{"fragment", "https://keys.example.com#a", "", "", `"https://keys.example.com#a"` + noURL},
		{"password", "https://a:b@keys.example.com", "", "", `"https://a:b@keys.example.com"` + noURL},
		{"not a URL", "https://a b", "", "", `"https://a b"` + noURL},
		{"IP address", "https://192.0.2.7", "", "", `Browsers bind no key to the host "192.0.2.7"` + noDomain},
		{"IPv6 address", "https://[2001:db8::7]/", "", "", `Browsers bind no key to the host "2001:db8::7"` + noDomain},
		{"short IP address", "https://192.7", "", "", `Browsers bind no key to the host "192.7"` + noDomain},
		{"other script", "https://ключи.example", "", "", `Browsers bind no key to the host "ключи.example"` + noDomain},
		{"dot at the end", "https://keys.example.com.", "", "", `Browsers bind no key to the host "keys.example.com."` + noDomain},
		{"another domain", "https://keys.example.com", "example.org", "",
			`The RP ID "example.org" must be keys.example.com or a domain above it, or browsers will not let a page there use the keys.`},
		{"only the look of a domain above", "https://keys.example.com", "ample.com", "",
			`The RP ID "ample.com" must be keys.example.com or a domain above it, or browsers will not let a page there use the keys.`},
		{"a domain below", "https://example.com", "keys.example.com", "",
			`The RP ID "keys.example.com" must be example.com or a domain above it, or browsers will not let a page there use the keys.`},
		{"top-level domain", "https://keys.example.com", "com", "",
			`The RP ID "com" must be keys.example.com or a domain above it, or browsers will not let a page there use the keys.`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := RPIDFor(tt.url, tt.wish)
			if got != tt.want {
				t.Errorf("RPIDFor(%q, %q) = %q, want %q", tt.url, tt.wish, got, tt.want)
			}
			if tt.url == "" && tt.wish != "" && tt.want == "" {
				if KindOf(err) != Invalid || Sentence(err) != tt.refusal { // it begins with the flag it is about
					t.Errorf("error = %v, want %q", err, tt.refusal)
				}
				return
			}
			refused(t, err, Invalid, tt.refusal)
		})
	}
}

func TestSettings_Test(t *testing.T) {
	if !(Settings{RPID: LocalRPID}).Test() || (Settings{RPID: "example.com"}).Test() {
		t.Error("test databases are those of localhost")
	}
}

func FuzzRPIDFor(f *testing.F) {
	f.Add("https://keys.example.com", "example.com")
	f.Add("https://[::1]:8443/", "")
	f.Add("", "localhost")
	f.Fuzz(func(t *testing.T, url, wish string) {
		id, err := RPIDFor(url, wish)
		if (id == "") != (err != nil) || err != nil && KindOf(err) != Invalid {
			t.Fatalf("RPIDFor(%q, %q) = %q, %v", url, wish, id, err)
		}
		if err == nil && !isDomain(id) {
			t.Errorf("RPIDFor(%q, %q) = %q, which is no domain", url, wish, id)
		}
	})
}
