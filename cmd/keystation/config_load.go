package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/v2"
	gotoml "github.com/pelletier/go-toml/v2"

	"keystation/inventory"
)

const envPrefix = "KEYSTATION_"

// configInput is where a configuration comes from.
type configInput struct {
	file    string         // --config
	environ []string       // as os.Environ gives it
	flags   map[string]any // by key: "bench.wait"
}

// settings are keys with their values as they were written, and for each the
// place it was written at, for the sentence when it is wrong.
type settings struct {
	*koanf.Koanf
	file  string
	lines map[string]int // of the file
	from  map[string]string
}

// loadConfig reads the file, the environment and the flags, in that order, and
// checks the outcome.
func loadConfig(in configInput) (Config, error) {
	s := settings{Koanf: koanf.New("."), from: map[string]string{}}
	environment, err := s.environment(in.environ)
	if err != nil {
		return Config{}, err
	}
	if err := s.readFile(in, environment); err != nil {
		return Config{}, err
	}
	if err := s.Merge(environment); err != nil {
		return Config{}, fmt.Errorf("read the environment: %w", err)
	}
	if err := s.Load(confmap.Provider(in.flags, "."), nil); err != nil {
		return Config{}, fmt.Errorf("read the flags: %w", err)
	}
	for key := range in.flags {
		s.from[key] = "the command line"
	}
	return s.config()
}

// environment reads KEYSTATION_SECTION_KEY variables. A variable whose section
// is none of ours is left alone: a container's host sets KEYSTATION_PORT and
// its like for a service of our name.
func (s settings) environment(environ []string) (*koanf.Koanf, error) {
	k := koanf.New(".")
	err := k.Load(env.Provider(".", env.Opt{
		Prefix:      envPrefix,
		EnvironFunc: func() []string { return environ },
		TransformFunc: func(name, value string) (string, any) {
			section, key, ok := strings.Cut(strings.ToLower(strings.TrimPrefix(name, envPrefix)), "_")
			if !ok || configKeys()[section] == nil {
				return "", nil
			}
			s.from[section+"."+key] = name + " in the environment"
			return section + "." + key, value
		},
	}), nil)
	return k, err
}

// findFile names the file to read: the one asked for, else the one beside the
// database if there is one.
func (in configInput) findFile(environment *koanf.Koanf) (string, error) {
	file := in.file
	for _, v := range in.environ {
		if name, ok := strings.CutPrefix(v, envPrefix+"CONFIG="); ok && file == "" {
			file = name
		}
	}
	if file != "" {
		return file, nil
	}
	database, _ := in.flags["database.path"].(string)
	if database == "" {
		database = environment.String("database.path")
	}
	if database == "" {
		return "", nil
	}
	file = filepath.Join(benchDir(database), "keystation.toml")
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return "", nil
	}
	return file, nil
}

func (s *settings) readFile(in configInput, environment *koanf.Koanf) error {
	file, err := in.findFile(environment)
	if err != nil || file == "" {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return &inventory.Error{
			Kind: inventory.Invalid, Err: err,
			Msg: fmt.Sprintf("The configuration %s cannot be read (%s): mend that, or name another with --config.", file, reason(err)),
		}
	}
	values, err := toml.Parser().Unmarshal(text)
	if bad, ok := errors.AsType[*gotoml.DecodeError](err); ok {
		line, _ := bad.Position()
		return inventory.Refuse(inventory.Invalid, "%s line %d is not TOML (%s): mend that line.",
			file, line, strings.TrimPrefix(bad.Error(), "toml: "))
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	s.file, s.lines = file, keyLines(string(text))
	if err := s.Load(confmap.Provider(values, ""), nil); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	return s.anchor()
}

// pathKeys are the keys that hold one path.
var pathKeys = []string{
	"database.path", "secrets.dir", "bench.dir", "bench.packets", "web.tls_cert", "web.tls_key", "oidc.client_secret_file", "mail.password_file",
}

// anchor makes the paths of the file relative to its folder, so that they mean
// the same wherever the program is started.
func (s *settings) anchor() error {
	at := func(p string) string {
		if p == "" || filepath.IsAbs(p) {
			return p
		}
		return filepath.Join(filepath.Dir(s.file), p)
	}
	for _, key := range pathKeys {
		if p, ok := s.Get(key).(string); ok {
			if err := s.Set(key, at(p)); err != nil {
				return err
			}
		}
	}
	for _, key := range []string{"policy.roots", "mds.roots"} {
		files := s.Strings(key)
		for i := range files {
			files[i] = at(files[i])
		}
		if files == nil {
			continue
		}
		if err := s.Set(key, files); err != nil {
			return err
		}
	}
	return nil
}

// config decodes and checks what was read. Decoding would drop a misspelled
// key without a word, so the keys nothing was decoded from are asked for.
func (s settings) config() (Config, error) {
	c := defaultConfig()
	var meta mapstructure.Metadata
	err := s.UnmarshalWithConf("", &c, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		Metadata:         &meta,
		TagName:          "toml",
		WeaklyTypedInput: true, // the environment and flags have words only
		MatchName:        func(key, field string) bool { return key == field },
		DecodeHook:       mapstructure.ComposeDecodeHookFunc(mapstructure.StringToTimeDurationHookFunc(), splitWords),
	}})
	if bad, ok := errors.AsType[*mapstructure.DecodeError](err); ok {
		return Config{}, inventory.Refuse(inventory.Invalid, "%s is not understood (%v): write it as in the file that init makes.",
			s.place(bad.Name()), s.Get(bad.Name()))
	}
	if err != nil {
		return Config{}, fmt.Errorf("read the configuration: %w", err)
	}
	if len(meta.Unused) > 0 {
		return Config{}, s.unknownKey(slices.Min(meta.Unused))
	}
	c.complete()
	return c, s.check(c)
}

// splitWords lets a list be written as words with commas between, as the
// environment has to.
func splitWords(from, to reflect.Type, value any) (any, error) {
	if from.Kind() != reflect.String || to != reflect.TypeFor[[]string]() {
		return value, nil
	}
	words := strings.FieldsFunc(value.(string), func(r rune) bool { return r == ',' })
	for i := range words {
		words[i] = strings.TrimSpace(words[i])
	}
	return words, nil
}

func (s settings) unknownKey(key string) error {
	section, _, ok := strings.Cut(key, ".")
	if !ok {
		return inventory.Refuse(inventory.Invalid, "%s is no section: there are %s.",
			s.place(key), strings.Join(sortedKeys(configKeys()), ", "))
	}
	return inventory.Refuse(inventory.Invalid, "%s is no key: [%s] has %s.",
		s.place(key), section, strings.Join(configKeys()[section], ", "))
}

// place says which key and where it was written.
func (s settings) place(key string) string {
	if from := s.from[key]; from != "" {
		return key + " from " + from
	}
	if line := s.lines[key]; line > 0 {
		return fmt.Sprintf("%s in %s line %d", key, s.file, line)
	}
	return key
}

// keyLines finds the line of each section and key. It reads the file as people
// write it, one key a line under its section; what it misses costs a line
// number in a message and nothing else.
func keyLines(text string) map[string]int {
	lines := map[string]int{}
	section, n := "", 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if head, ok := strings.CutPrefix(line, "["); ok {
			section, _, _ = strings.Cut(head, "]")
			lines[section] = n
			continue
		}
		if key, _, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") {
			lines[strings.TrimPrefix(section+"."+strings.TrimSpace(key), ".")] = n
		}
	}
	return lines
}

// configKeys lists the keys of each section, in the order of Config.
func configKeys() map[string][]string {
	keys := map[string][]string{}
	for section := range reflect.TypeFor[Config]().Fields() {
		for key := range section.Type.Fields() {
			name := section.Tag.Get("toml")
			keys[name] = append(keys[name], key.Tag.Get("toml"))
		}
	}
	return keys
}
