package inventory

import (
	"strings"
	"testing"
	"time"
)

func TestCheckTimeZone(t *testing.T) {
	for _, name := range []string{"", "Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires", "Asia/Calcutta"} {
		if err := CheckTimeZone(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"Berlin", "europe/berlin", "CEST", "Europe/", "UTC\nZulu", "../etc/passwd"} {
		if KindOf(CheckTimeZone(name)) != Invalid {
			t.Errorf("%q passes", name)
		}
	}
	for name := range strings.Lines(zones) {
		if _, err := time.LoadLocation(strings.TrimSpace(name)); err != nil {
			t.Errorf("a zone that cannot be loaded: %v", err)
		}
	}
}

func TestCheckLanguage(t *testing.T) {
	for _, tag := range []string{"", "en", "de-CH", "pt-BR", "zh-Hant-TW", "sr-Latn", "es-419", "de-CH-1996", "sl-rozaj-biske", "en-u-ca-buddhist", "en-x-mine", "yue", "zh-yue"} {
		if err := CheckLanguage(tag); err != nil {
			t.Error(err)
		}
	}
	for _, tag := range []string{"English", "en_US", "e", "de-", "de--CH", "german", "12", "de CH", "de-CH-"} {
		if KindOf(CheckLanguage(tag)) != Invalid {
			t.Errorf("%q passes", tag)
		}
	}
}
