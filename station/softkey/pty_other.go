//go:build !linux

package softkey

import "errors"

// OpenPTY says that there is no pseudo-terminal libfido2 would open here.
func OpenPTY() (Node, error) {
	return nil, errors.New("software keys on a pseudo-terminal need Linux")
}
