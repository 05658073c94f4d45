package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strings"

	"keystation/inventory"
)

//go:embed static
var staticFiles embed.FS

// asset is one file that pages load, under a name that changes with its content.
type asset struct {
	body []byte
	kind string // its media type
}

// assets finds files by the name they are served under, and that name by the file's own.
type assets struct {
	files map[string]asset
	names map[string]string
}

func loadAssets() (assets, error) {
	a := assets{files: map[string]asset{}, names: map[string]string{}}
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		return a, fmt.Errorf("read static files: %w", err)
	}
	for _, e := range entries {
		body, err := staticFiles.ReadFile(path.Join("static", e.Name()))
		if err != nil {
			return a, fmt.Errorf("read static file: %w", err)
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(e.Name())
		served := fmt.Sprintf("%s.%s%s", strings.TrimSuffix(e.Name(), ext), hex.EncodeToString(sum[:6]), ext)
		a.files[served] = asset{body, mime.TypeByExtension(ext)}
		a.names[e.Name()] = "/static/" + served
	}
	return a, nil
}

// url gives the address of a static file. A page that names a file we do not have must not be drawn.
func (a assets) url(name string) (string, error) {
	u, ok := a.names[name]
	if !ok {
		return "", fmt.Errorf("no static file %s", name)
	}
	return u, nil
}

// asset serves a static file. Its name says what is in it, so a browser may keep it for good.
func (s *Site) asset(c Ctx) error {
	f, ok := s.assets.files[c.Param("name")]
	if !ok {
		return inventory.Refuse(inventory.NotFound, "There is no such file: reload the page that asked for it.")
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	return c.Blob(http.StatusOK, f.kind, f.body)
}
