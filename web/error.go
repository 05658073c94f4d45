package web

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/labstack/echo/v4"

	"keystation/inventory"
)

// statuses is the one table from the kind of an error to its HTTP status.
var statuses = map[inventory.Kind]int{
	inventory.Invalid:     http.StatusBadRequest,
	inventory.NotFound:    http.StatusNotFound,
	inventory.Conflict:    http.StatusConflict,
	inventory.Forbidden:   http.StatusForbidden,
	inventory.Unavailable: http.StatusServiceUnavailable,
	inventory.Internal:    http.StatusInternalServerError,
}

// refusals are the texts for what the router itself refuses.
var refusals = map[int]string{
	http.StatusNotFound:              "error.404",
	http.StatusMethodNotAllowed:      "error.405",
	http.StatusRequestEntityTooLarge: "error.413",
}

// errorPage is what a person sees of an error.
type errorPage struct {
	Status   int
	Sentence string
	Lang     string // of the sentence, where that is not the page's (WCAG 2.2, 3.1.2)
}

// fail is where every error of a handler ends: logged once, and answered with its sentence.
func (s *Site) fail(err error, c Ctx) {
	status, sentence := s.verdict(err, c)
	if c.Response().Committed {
		return
	}
	if wantsJSON(c.Request()) {
		err = c.JSON(status, map[string]string{"error": sentence})
	} else {
		page := errorPage{Status: status, Sentence: sentence}
		if s.language(c) != english && sentence == inventory.Sentence(err) {
			page.Lang = english
		}
		err = s.render(c, status, "error", frame{Title: s.text(c, "error.status", status)}, page)
	}
	if err != nil {
		s.Log.Error("answer with an error", "err", err)
	}
}

// sentence is what a person reads of err, in the language of the page where somebody wrote it in that.
func (s *Site) sentence(c Ctx, err error) string {
	if e, ok := errors.AsType[*inventory.Error](err); ok && e.Form != "" {
		if form, ok := s.texts[s.language(c)][refusal+e.Form]; ok {
			return fmt.Sprintf(form, e.Args...)
		}
	}
	return inventory.Sentence(err)
}

// errSignedOut tells the table below that signing in would help.
var errSignedOut = errors.New("not signed in")

// verdict chooses status and sentence. What is not meant for people is logged under a code, and only the code shown.
func (s *Site) verdict(err error, c Ctx) (int, string) {
	if he, ok := errors.AsType[*echo.HTTPError](err); ok {
		if key, known := refusals[he.Code]; known {
			return he.Code, s.text(c, key)
		}
	}
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		s.Log.Warn("body too long", "limit", tooLong.Limit)
		return http.StatusRequestEntityTooLarge, s.text(c, refusals[http.StatusRequestEntityTooLarge])
	}
	if errors.Is(err, errSignedOut) {
		return http.StatusUnauthorized, s.sentence(c, err)
	}
	if _, often := errors.AsType[tooOften](err); often {
		return statusTooOften, s.sentence(c, err)
	}
	kind := inventory.KindOf(err)
	status, ok := statuses[kind]
	if ok && kind != inventory.Internal {
		return status, s.sentence(c, err)
	}
	code := incident()
	s.Log.Error("request", "incident", code, "method", c.Request().Method, "path", c.Request().URL.Path, "err", err)
	return http.StatusInternalServerError, s.text(c, "error.internal", code)
}

// incident names a fault so that a person can say it on the telephone.
func incident() string {
	var b [2]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails
	return strings.ToUpper(hex.EncodeToString(b[:]))
}

func panicked(p any) error { return fmt.Errorf("panic: %v\n%s", p, debug.Stack()) }

// wantsJSON tells a script's request from a person's.
func wantsJSON(r *http.Request) bool { return r.Header.Get("Accept") == "application/json" }
