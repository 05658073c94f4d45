module keystation

go 1.26.0

require (
	filippo.io/age v1.3.2 // inventory/seal: PINs and addresses at rest
	github.com/Boostport/address v0.13.0 // shipping: addresses per country
	github.com/alexedwards/scs/v2 v2.9.0 // web: sessions
	github.com/boombuler/barcode v1.1.0 // shipping: modules of Code 128 and QR
	github.com/chromedp/cdproto v0.159.0 // tests only: single keys pressed in a browser
	github.com/chromedp/chromedp v0.23.0 // tests only: pages in a real browser
	github.com/coreos/go-oidc/v3 v3.21.0 // web: signing in with an identity provider
	github.com/emersion/go-smtp v0.26.0 // tests only: a mail server
	github.com/fsnotify/fsnotify v1.10.1 // station/usb: tells when a key is plugged in
	github.com/fxamacker/cbor/v2 v2.10.0 // station/{ctap,attest}: CTAP2 canonical CBOR
	github.com/go-viper/mapstructure/v2 v2.5.0 // cmd: names a misspelled configuration key
	github.com/go-webauthn/webauthn v0.18.2 // web: the browser's ceremonies with passkeys
	github.com/google/uuid v1.6.0 // inventory: UUIDv7
	github.com/jung-kurt/gofpdf v1.16.2 // shipping/pdf: draws packets; guarded, one room
	github.com/keys-pub/go-libfido2 v1.5.4-0.20230628025503-281619cff413 // station/fido2: discovery
	github.com/knadh/koanf/parsers/toml/v2 v2.1.0 // cmd: configuration
	github.com/knadh/koanf/providers/confmap v1.0.1 // cmd: configuration
	github.com/knadh/koanf/providers/env/v2 v2.0.2 // cmd: configuration
	github.com/knadh/koanf/v2 v2.4.1 // cmd: configuration
	github.com/labstack/echo/v4 v4.16.0 // web: routing; never below 4.16.0
	github.com/makiuchi-d/gozxing v0.1.1 // tests only: reads printed codes back
	github.com/mattn/go-sqlite3 v1.14.53 // inventory/sqlite: the database
	github.com/pelletier/go-toml/v2 v2.2.2 // cmd: says in which line a configuration does not parse
	github.com/pressly/goose/v3 v3.29.0 // inventory/sqlite: migrations
	github.com/rogpeppe/go-internal v1.16.0 // tests only: scripts that read as the manual
	github.com/spf13/cobra v1.10.2 // cmd: commands and their help
	github.com/spf13/pflag v1.0.9 // cmd: which flags were given (cobra's own)
	github.com/wneessen/go-mail v0.8.1 // web/mail: SMTP
	github.com/zitadel/oidc/v3 v3.52.0 // tests only: an identity provider
	golang.org/x/mod v0.42.0 // inventory/ledger: transparency-log tree, signed notes
	golang.org/x/net v0.62.0 // tests only: parses pages
	golang.org/x/oauth2 v0.38.0 // web: the code for a token, beside go-oidc
	golang.org/x/sync v0.24.0 // cmd: whoever starts a goroutine waits for it
	golang.org/x/sys v0.49.0 // station/softkey: pseudo-terminals
	golang.org/x/term v0.47.0 // cmd: is there a person at the terminal
	golang.org/x/text v0.43.0 // shipping: NFC
)

require (
	filippo.io/hpke v0.4.0 // indirect
	github.com/bmatcuk/doublestar/v4 v4.10.4 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/emersion/go-sasl v0.0.0-20241020182733-b788ff22d5a6 // indirect
	github.com/go-chi/chi/v5 v5.5.0 // indirect
	github.com/go-jose/go-jose/v4 v4.1.9 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/go-logr/logr v1.4.4 // indirect
	github.com/go-logr/stdr v1.2.2 // indirect
	github.com/go-webauthn/x v0.3.1 // indirect
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	github.com/google/go-tpm v0.9.8 // indirect
	github.com/gorilla/securecookie v1.1.2 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/knadh/koanf/maps v0.1.2 // indirect
	github.com/labstack/gommon v0.5.0 // indirect
	github.com/mattn/go-colorable v0.1.15 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/mfridman/interpolate v0.0.2 // indirect
	github.com/mitchellh/copystructure v1.2.0 // indirect
	github.com/mitchellh/reflectwalk v1.0.2 // indirect
	github.com/muhlemmer/gu v0.3.1 // indirect
	github.com/muhlemmer/httpforwarded v0.1.0 // indirect
	github.com/philhofer/fwd v1.2.0 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/rs/cors v1.11.1 // indirect
	github.com/sethvargo/go-retry v0.5.0 // indirect
	github.com/tinylib/msgp v1.6.4 // indirect
	github.com/valyala/bytebufferpool v1.0.0 // indirect
	github.com/valyala/fasttemplate v1.2.2 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	github.com/zitadel/schema v1.3.2 // indirect
	go.opentelemetry.io/auto/sdk v1.2.1 // indirect
	go.opentelemetry.io/otel v1.47.0 // indirect
	go.opentelemetry.io/otel/log v1.47.0 // indirect
	go.opentelemetry.io/otel/metric v1.47.0 // indirect
	go.opentelemetry.io/otel/trace v1.47.0 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/tools v0.51.0 // indirect
	golang.org/x/xerrors v0.0.0-20200804184101-5ec99f83aff1 // indirect
)
