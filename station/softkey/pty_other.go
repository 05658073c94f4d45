//go:build !linux

package softkey

import "errors"

// openPTY says that there is no pseudo-terminal libfido2 would open here.
func openPTY() (Node, error) {
	return nil, errors.New("software keys on a pseudo-terminal need Linux")
}
