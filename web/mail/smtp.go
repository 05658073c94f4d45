package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Encryption says how the way to a mail server is guarded.
type Encryption string

// The ways to guard it.
const (
	StartTLS Encryption = "starttls" // in the clear first, then always under TLS
	WithTLS  Encryption = "tls"      // from the first byte
	Open     Encryption = "off"      // for a server of this machine
)

// Server is a mail server and who sends by it. The zero value of every field but Host and From has a meaning.
type Server struct {
	Host           string
	Port           int // 0: 587, under TLS from the first byte 465
	From           string
	Name           string // of the sender; empty: the address alone
	User, Password string // empty: nobody signs in there
	Encryption     Encryption
	TLS            *tls.Config // nil: the system's roots
}

// sendTime is how long one mail may take.
const sendTime = 30 * time.Second

// Refused is a mail that the server will not take, today or later.
type Refused struct{ Err error }

// Error tells what the server said.
func (r *Refused) Error() string { return "the mail server refuses it: " + r.Err.Error() }

// Unwrap gives the chain.
func (r *Refused) Unwrap() error { return r.Err }

// Deferred is a mail that the server takes later, perhaps, while it takes others now (RFC 5321 §4.2.1): a mailbox is full.
type Deferred struct{ Err error }

// Error tells what the server said.
func (d *Deferred) Error() string { return "the mail server takes it later: " + d.Err.Error() }

// Unwrap gives the chain.
func (d *Deferred) Unwrap() error { return d.Err }

// Send hands a mail to the server.
func (s Server) Send(ctx context.Context, m Message) error {
	msg, err := s.message(m)
	if err != nil {
		return &Refused{err}
	}
	c, err := gomail.NewClient(s.Host, s.options()...)
	if err != nil {
		return fmt.Errorf("speak to mail server: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	if err := c.DialWithContext(ctx); err != nil {
		return fmt.Errorf("speak to mail server: %w", err)
	}
	err = c.Send(msg)
	_ = c.Close() // a server that took the mail and then hangs up has it: it must not get it again
	var said *gomail.SendError
	switch asked := errors.As(err, &said); {
	case asked && !said.IsTemp() && said.ErrorCode() >= 500:
		return &Refused{err}
	case asked && said.ErrorCode() >= 400:
		return &Deferred{err}
	}
	if err != nil {
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}

func (s Server) options() []gomail.Option {
	all := []gomail.Option{gomail.WithTimeout(sendTime)}
	switch s.Encryption {
	case WithTLS:
		all = append(all, gomail.WithSSLPort(false))
	case Open:
		all = append(all, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		all = append(all, gomail.WithTLSPortPolicy(gomail.TLSMandatory))
	}
	if s.TLS != nil {
		all = append(all, gomail.WithTLSConfig(s.TLS))
	}
	if s.Port != 0 {
		all = append(all, gomail.WithPort(s.Port))
	}
	if s.User != "" {
		all = append(all, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	return all
}

// message is the mail with its headers.
func (s Server) message(m Message) (*gomail.Msg, error) {
	msg := gomail.NewMsg()
	var err error
	if s.Name != "" {
		err = msg.FromFormat(s.Name, s.From)
	} else {
		err = msg.From(s.From)
	}
	if err := errors.Join(err, msg.To(m.To)); err != nil {
		return nil, fmt.Errorf("address mail: %w", err)
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.ID + "@" + s.Host)
	msg.SetDate()
	if m.Machine {
		msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 §5
		msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return msg, nil
}
