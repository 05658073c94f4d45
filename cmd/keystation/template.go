package main

import (
	"fmt"
	"regexp"
)

// uncomment takes the # away from a key of the configuration template and gives it a value.
func uncomment(template, key, value string) string {
	line := regexp.MustCompile(`(?m)^#` + regexp.QuoteMeta(key) + ` = .*$`)
	return line.ReplaceAllLiteralString(template, fmt.Sprintf("%s = %q", key, value))
}
