package main

import (
	"fmt"
	"net"
	"os"
	"strings"

	"keystation/inventory"
	"keystation/web/mail"
)

// MailConfig is the mail server that takes what people are told.
type MailConfig struct {
	Host         string `toml:"host"` // empty: no mail is sent
	Port         int    `toml:"port"` // 0: the usual one
	Encryption   string `toml:"encryption"`
	From         string `toml:"from"`
	Name         string `toml:"name"`
	User         string `toml:"user"`          // empty: nobody signs in there
	PasswordFile string `toml:"password_file"` // one line
}

// here tells if the mail server is of this machine, so that nobody on the way reads along.
func (m MailConfig) here() bool {
	ip := net.ParseIP(m.Host)
	return m.Host == "localhost" || ip != nil && ip.IsLoopback()
}

// post delivers mail whose links lead to the people's pages at base. Nil: no mail server is configured, and letters wait.
func (d *desk) post(base string) (*mail.Delivery, error) {
	m := d.cfg.Mail
	if m.Host == "" {
		return nil, nil
	}
	server := mail.Server{Host: m.Host, Port: m.Port, From: m.From, Name: m.Name, User: m.User, Encryption: mail.Encryption(m.Encryption)}
	if m.PasswordFile != "" {
		b, err := os.ReadFile(m.PasswordFile)
		if err != nil {
			return nil, &inventory.Error{Kind: inventory.Unavailable, Err: err,
				Msg: fmt.Sprintf("The password for the mail server in %s cannot be read (%s): check mail.password_file.", m.PasswordFile, reason(err))}
		}
		server.Password = strings.TrimSpace(string(b))
	}
	w, err := mail.NewWriter(base)
	if err != nil {
		return nil, err
	}
	return &mail.Delivery{Outbox: d.store, Writer: w, Send: server.Send, Log: d.log}, nil
}
