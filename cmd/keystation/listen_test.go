package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
)

// writeCertificate puts a certificate for localhost and its key into two files, and gives its serial number.
func writeCertificate(t *testing.T, cert, key string, serial int64) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A renewed certificate is served to the next who comes; a broken one is not, and the old one goes on.
func TestCertificate_renewed(t *testing.T) {
	dir, now, said := t.TempDir(), time.Now(), strings.Builder{}
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, cert, key, 1)
	c := &certificate{cert: cert, key: key, now: func() time.Time { return now }, log: slog.New(slog.NewTextHandler(&said, nil))}
	serial := func() int64 {
		pair, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return leaf.SerialNumber.Int64()
	}
	touch := func() {
		now = now.Add(time.Minute)
		for _, name := range []string{cert, key} {
			if err := os.Chtimes(name, now, now); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := serial(); got != 1 {
		t.Fatalf("serves certificate %d", got)
	}
	writeCertificate(t, cert, key, 2)
	touch()
	if got := serial(); got != 2 {
		t.Errorf("after a renewal it serves certificate %d", got)
	}
	if err := os.WriteFile(key, []byte("half written"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		touch()
		if got := serial(); got != 2 {
			t.Errorf("with a broken key it serves certificate %d", got)
		}
	}
	if got := strings.Count(said.String(), "the renewed certificate cannot be used"); got != 1 {
		t.Errorf("the log says so %d times: %s", got, said.String())
	}
	writeCertificate(t, cert, key, 3)
	now = now.Add(time.Minute)
	if got := serial(); got != 3 {
		t.Errorf("once it is mended it serves certificate %d", got)
	}
}

func TestListen_tls(t *testing.T) {
	var c Config
	dir := t.TempDir()
	c.Web.TLSCert, c.Web.TLSKey = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	_, err := c.listen(t.Context(), slog.Default(), "localhost:0", "web.addr")
	if inventory.KindOf(err) != inventory.Unavailable || !strings.Contains(err.Error(), "web.tls_cert") {
		t.Errorf("without the files: %v", err)
	}
	writeCertificate(t, c.Web.TLSCert, c.Web.TLSKey, 7)
	l, err := c.listen(t.Context(), slog.Default(), "localhost:0", "web.addr")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if conn, err := l.Accept(); err == nil {
			_ = conn.(*tls.Conn).HandshakeContext(t.Context())
			_ = conn.Close()
		}
	}()
	conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(); got != 7 || conn.ConnectionState().Version < tls.VersionTLS12 {
		t.Errorf("certificate %d over TLS %x", got, conn.ConnectionState().Version)
	}
}

// Nothing is open to a network in the clear.
func TestListen_mayOpen(t *testing.T) {
	tests := []struct {
		name, addr, cert, proxy string
		open                    bool
	}{
		{"this machine", "localhost:8080", "", "", true},
		{"this machine by number", "[::1]:8080", "", "", true},
		{"the network", "0.0.0.0:8080", "", "", false},
		{"every address", ":8080", "", "", false},
		{"over TLS", "0.0.0.0:8443", "cert.pem", "", true},
		{"behind a proxy", "10.0.0.2:8080", "", "10.0.0.1", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c Config
			c.Web.TLSCert, c.Web.Proxy = tt.cert, tt.proxy
			if err := c.mayOpen(tt.addr); (err == nil) != tt.open {
				t.Errorf("%s: %v", tt.addr, err)
			}
		})
	}
}

// Where people find the pages is as configured, else as it listens; where nobody can know, it has to be said.
func TestOpenDoors(t *testing.T) {
	tests := []struct {
		name, public string
		web          WebConfig
		desk, people string // PORT stands for the desk's
		refused      string // the key that is missing
	}{
		{"two addresses", "https://keys.example.com", WebConfig{Addr: "localhost:0", PeopleAddr: "127.0.0.1:0"}, "http://localhost:PORT", "https://keys.example.com", ""},
		{"one address", "https://keys.example.com/", WebConfig{Addr: "localhost:0"}, "http://localhost:PORT", "https://keys.example.com", ""},
		{"one address, no public URL", "", WebConfig{Addr: "localhost:0"}, "http://localhost:PORT", "http://localhost:PORT", ""},
		{"one address for all", "https://keys.example.com", WebConfig{Addr: "0.0.0.0:0", TLSCert: "cert.pem"}, "https://keys.example.com", "https://keys.example.com", ""},
		{"one address, two names", "", WebConfig{Addr: "localhost:0", DeskURL: "https://desk.example.com", PeopleURL: "https://keys.example.com"}, "https://desk.example.com", "https://keys.example.com", ""},
		{"every address", "https://keys.example.com", WebConfig{Addr: "0.0.0.0:0", PeopleAddr: "[::]:0", TLSCert: "cert.pem"}, "", "", "web.desk_url"},
		{"every address for people", "", WebConfig{Addr: "localhost:0", PeopleAddr: ":0", TLSCert: "cert.pem"}, "", "", "web.people_url"},
		{"over TLS", "", WebConfig{Addr: "localhost:0", TLSCert: "cert.pem"}, "https://localhost:PORT", "https://localhost:PORT", ""},
		{"behind a proxy", "https://keys.example.com", WebConfig{Addr: "localhost:0", PeopleAddr: "127.0.0.1:0", Proxy: "127.0.0.1"}, "", "", "web.desk_url"},
		{"one address behind a proxy", "https://keys.example.com", WebConfig{Addr: "localhost:0", Proxy: "127.0.0.1"}, "https://keys.example.com", "https://keys.example.com", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := &desk{settings: inventory.Settings{PublicURL: tt.public}}
			if d.cfg.Web = tt.web; tt.web.TLSCert != "" {
				dir := t.TempDir()
				d.cfg.Web.TLSCert, d.cfg.Web.TLSKey = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
				writeCertificate(t, d.cfg.Web.TLSCert, d.cfg.Web.TLSKey, 1)
			}
			at, err := d.openDoors(t.Context())
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), "set "+tt.refused) {
					t.Errorf("it is opened: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer at.close()
			_, port, _ := net.SplitHostPort(at.Desk.Addr().String())
			with := strings.NewReplacer("PORT", port).Replace
			if at.DeskURL != with(tt.desk) || at.PeopleURL != with(tt.people) || (at.People == nil) != (tt.web.PeopleAddr == "") {
				t.Errorf("desk %s, people %s", at.DeskURL, at.PeopleURL)
			}
			if url := d.cfg.setupURL(at); !strings.HasSuffix(url, "://localhost:"+port+"/setup") || strings.HasPrefix(url, "https") != (tt.web.TLSCert != "") {
				t.Errorf("the first admin begins at %s", url)
			}
		})
	}
}
