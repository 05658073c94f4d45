package web

import "github.com/labstack/echo/v4"

// Ctx is one request with its response. Handlers name it by this word, so that a newer echo is a change to this line.
type Ctx = echo.Context

// handler answers a request or returns why not; error.go turns that into a page.
type handler = echo.HandlerFunc
