package mail

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// kinds are all letters there are, each with facts as its act gives them.
var kinds = map[inventory.LetterKind]inventory.LetterFacts{
	inventory.LetterSubmitted: {Number: "R-1001"}, inventory.LetterToApprove: {Number: "R-1001", Name: "Grace Hopper"},
	inventory.LetterApproved: {Number: "R-1001", By: "Ada"}, inventory.LetterRejected: {Number: "R-1001", By: "Ada", Reason: "Ask again in May."},
	inventory.LetterAskedBack: {Number: "R-1001", By: "Ada"}, inventory.LetterAnswered: {Number: "R-1001", By: "Grace"},
	inventory.LetterComment: {Number: "R-1001", By: "Ada"}, inventory.LetterCancelled: {Number: "R-1001"}, inventory.LetterReopened: {Number: "R-1001"},
	inventory.LetterPickUp: {Number: "R-1001"}, inventory.LetterHandedOver: {Number: "R-1001"}, inventory.LetterServed: {Number: "R-1001"},
	inventory.LetterDigest:  {Count: 2, Lines: []string{"R-1001, Grace <b>", "R-1002, Alan"}, Path: "/approvals"},
	inventory.LetterAddress: {By: "Ada", Deny: "/not-me/T"}, inventory.LetterReplacement: {Number: "R-1001", Deny: "/not-me/T"},
	inventory.LetterLoss: {By: "Ada", Reason: "stolen", Number: "R-1001", Deny: "/not-me/T"}, inventory.LetterStolen: {Name: "Ada", By: "Ada", Reason: "stolen", Number: "R-1001"},
	inventory.LetterPINShown: {Deny: "/not-me/T"}, inventory.LetterPasskey: {Deny: "/not-me/T"}, inventory.LetterRoleGranted: {Role: inventory.Admin, By: "Ada", Deny: "/not-me/T"},
	inventory.LetterRoleWithdrawn: {Role: inventory.Auditor}, inventory.LetterBrokeGlass: {By: "Ada"}, inventory.LetterSuspended: {Name: "Ada", Reason: "address"},
	inventory.LetterInvitation: {By: "Ada"}, inventory.LetterAskedFor: {By: "Ada", Number: "R-1001"},
}

func writer(t *testing.T) *Writer {
	t.Helper()
	w, err := NewWriter("https://keys.example.com/")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Every kind has its words in every language, in both forms, with its links whole.
func TestWriter_Write(t *testing.T) {
	w := writer(t)
	for kind, facts := range kinds {
		if facts.Path == "" {
			facts.Path = "/requisitions/R-1001"
		}
		var subjects []string
		for _, lang := range []string{"en", "de-CH", "fi"} {
			m, err := w.Write(inventory.Letter{ID: "L", To: "ada@example.com", Language: lang, Kind: kind, Facts: facts})
			if err != nil {
				t.Errorf("%s in %s: %v", kind, lang, err)
				continue
			}
			for _, form := range []string{m.Text, m.HTML} {
				if !strings.Contains(form, "https://keys.example.com"+facts.Path) || facts.Deny != "" && !strings.Contains(form, "https://keys.example.com/not-me/T") || strings.Contains(form, "{{") || strings.Contains(form, "<no value>") {
					t.Errorf("%s in %s says\n%s", kind, lang, form)
				}
			}
			if facts.Reason != "" && kind == inventory.LetterRejected && !strings.Contains(m.Text, facts.Reason) {
				t.Errorf("%s in %s keeps the reason to itself", kind, lang)
			}
			subjects = append(subjects, m.Subject)
		}
		if len(subjects) == 3 && (subjects[0] == subjects[1] || subjects[0] != subjects[2]) {
			t.Errorf("%s has subjects %q", kind, subjects)
		}
	}
	for lang := range w.words {
		for key := range w.words[english] {
			if _, ok := w.words[lang][key]; !ok {
				t.Errorf("%s has no words for %s", lang, key)
			}
		}
	}
}

// What somebody typed makes neither headers nor markup.
func TestWriter_Write_hostile(t *testing.T) {
	evil := "Eve\r\nBcc: all@example.com\r\n\r\n<script>alert(1)</script>"
	m, err := writer(t).Write(inventory.Letter{Kind: inventory.LetterToApprove, Facts: inventory.LetterFacts{Number: "R-1", Name: evil, Path: "/x"}})
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(m.Subject, "\r\n") || strings.Contains(m.HTML, "<script>") {
		t.Errorf("subject %q\n%s", m.Subject, m.HTML)
	}
	if _, err := writer(t).Write(inventory.Letter{Kind: "unheard-of"}); err == nil {
		t.Error("a kind without words is written")
	}
}

// post is a mail server on this machine.
type post struct {
	mu     sync.Mutex
	mails  []*netmail.Message
	bodies []string
	refuse string // an address that it does not take
	later  string // one that it takes later
}

func (p *post) NewSession(*smtp.Conn) (smtp.Session, error) { return &posting{post: p}, nil }

type posting struct {
	*post
}

func (p *posting) Mail(string, *smtp.MailOptions) error { return nil }
func (p *posting) Rcpt(to string, _ *smtp.RcptOptions) error {
	if to == p.later {
		return &smtp.SMTPError{Code: 452, Message: "mailbox full"}
	}
	if to == p.refuse {
		return &smtp.SMTPError{Code: 550, Message: "no such mailbox"}
	}
	return nil
}

func (p *posting) Data(r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails, p.bodies = append(p.mails, m), append(p.bodies, string(body))
	return nil
}
func (p *posting) Reset()        {}
func (p *posting) Logout() error { return nil }

// serve lets p listen at an address ("": any) until the end it gives.
func (p *post) serve(t *testing.T, addr string) (at string, end func()) {
	t.Helper()
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s := smtp.NewServer(p)
	s.Domain = "localhost"
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	return l.Addr().String(), func() { _ = l.Close(); _ = s.Close(); <-done }
}

func (p *post) got() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, m := range p.mails {
		all = append(all, m.Header.Get("To")+" "+m.Header.Get("Message-Id"))
	}
	return all
}

// memory is an outbox that forgets when the program ends.
type memory struct {
	letters map[inventory.LetterID]*inventory.Letter
	order   []inventory.LetterID
	sent    []inventory.LetterID
}

func (o *memory) put(at time.Time, to ...string) {
	if o.letters == nil {
		o.letters = map[inventory.LetterID]*inventory.Letter{}
	}
	for _, address := range to {
		id := inventory.LetterID("letter-" + strconv.Itoa(len(o.order)+1))
		o.letters[id] = &inventory.Letter{ID: id, To: address, Kind: inventory.LetterSubmitted, Facts: inventory.LetterFacts{Number: "R-1001"}, Due: at}
		o.order = append(o.order, id)
	}
}

func (o *memory) DueLetters(_ context.Context, at time.Time, limit int) ([]inventory.Letter, error) {
	var due []inventory.Letter
	for _, id := range o.order {
		if l := o.letters[id]; l != nil && !l.Due.After(at) && len(due) < limit {
			due = append(due, *l)
		}
	}
	return due, nil
}

func (o *memory) LetterSent(_ context.Context, id inventory.LetterID, _ time.Time) error {
	o.sent = append(o.sent, id)
	delete(o.letters, id)
	return nil
}

func (o *memory) LetterFailed(_ context.Context, id inventory.LetterID, trouble string, next time.Time) error {
	l := o.letters[id]
	l.Tries, l.Trouble, l.Due = l.Tries+1, trouble, next
	return nil
}

func (o *memory) ForgetLetters(context.Context, time.Time) error { return nil }

func serverAt(t *testing.T, addr string) Server {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return Server{Host: host, Port: n, From: "keys@example.com", Name: "Key desk", Encryption: Open}
}

// An hour without a mail server loses nothing of what a real database has to say, sends nothing twice, and holds nothing up
// longer than the pauses.
func TestDelivery_deadServer(t *testing.T) {
	p := &post{}
	addr, end := p.serve(t, "")
	end() // it is known where it will be, and it is away
	box := inventorytest.Open(t)
	people, err := box.PersonList(t.Context(), inventory.PersonQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range people.Rows {
		home := inventory.Address{Recipient: r.Person.Name, Street: []string{"1 Secret Lane"}, City: "York", Country: "GB"}
		if err := box.SaveAddress(t.Context(), inventory.ActorOf(r.Person, inventory.ByOIDC), r.Person.ID, "Home", home); err != nil {
			t.Fatal(err)
		}
	}
	now := inventorytest.Start.Add(time.Hour)
	d := Delivery{Outbox: box, Writer: writer(t), Send: serverAt(t, addr).Send, Now: func() time.Time { return now }}
	for range 60 {
		if err := d.Once(t.Context()); err == nil && len(p.got()) > 0 {
			t.Fatal("mail is sent without a server")
		}
		now = now.Add(time.Minute)
	}
	o, err := box.LettersWaiting(t.Context())
	if err != nil || o.Waiting != len(people.Rows) || o.Trouble == "" || o.Since == nil {
		t.Fatalf("after an hour: %+v, %v", o, err)
	}
	_, end = p.serve(t, addr)
	defer end()
	for range 61 {
		if err := d.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
	}
	if o, err := box.LettersWaiting(t.Context()); err != nil || o.Waiting != 0 {
		t.Errorf("left behind: %+v, %v", o, err)
	}
	got := p.got()
	if len(got) != len(people.Rows) {
		t.Errorf("the server got\n%s", strings.Join(got, "\n"))
	}
	for _, r := range people.Rows {
		if !strings.Contains(strings.Join(got, "\n"), r.Person.Email) {
			t.Errorf("the server never got one for %s", r.Person.Email)
		}
	}
	m, body := p.mails[0], p.bodies[0]
	if !strings.HasPrefix(m.Header.Get("Content-Type"), "multipart/alternative") || m.Header.Get("Auto-Submitted") != "auto-generated" ||
		!strings.Contains(m.Header.Get("From"), "keys@example.com") || !strings.Contains(body, "text/plain") || !strings.Contains(body, "text/html") || !strings.Contains(body, "/not-me/") {
		t.Errorf("the mail is %v\n%s", m.Header, body)
	}
	if all := strings.Join(p.bodies, ""); strings.Contains(all, "Secret Lane") || strings.Contains(all, "York") {
		t.Errorf("an address stands in the mail:\n%s", all)
	}
	if err := box.ForgetLetters(t.Context(), now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if due, err := box.DueLetters(t.Context(), now.AddDate(1, 0, 0), 10); err != nil || len(due) != 0 {
		t.Errorf("due again: %+v, %v", due, err)
	}
}

// rude listens like a mail server that takes each mail and hangs up instead of saying goodbye. taken counts the mails.
func rude(t *testing.T, taken *atomic.Int64) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			rudely(c, taken)
		}
	}()
	return l.Addr().String()
}

func rudely(c net.Conn, taken *atomic.Int64) {
	defer c.Close()
	r := bufio.NewReader(c)
	fmt.Fprint(c, "220 hello\r\n")
	for {
		line, err := r.ReadString('\n')
		switch {
		case err != nil, strings.HasPrefix(line, "QUIT"):
			return
		case strings.HasPrefix(line, "DATA"):
			fmt.Fprint(c, "354 go on\r\n")
			for line != ".\r\n" && err == nil {
				line, err = r.ReadString('\n')
			}
			taken.Add(1)
			fmt.Fprint(c, "250 taken\r\n")
		default:
			fmt.Fprint(c, "250 well\r\n")
		}
	}
}

// A server that took a mail has it, even if it hangs up right after: it does not get it again.
func TestDelivery_hangsUp(t *testing.T) {
	var taken atomic.Int64
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	box := &memory{}
	box.put(now, "ada@example.com")
	d := Delivery{Outbox: box, Writer: writer(t), Send: serverAt(t, rude(t, &taken)).Send, Now: func() time.Time { return now }}
	for range 3 {
		if err := d.Once(t.Context()); err != nil {
			t.Error(err)
		}
		now = now.Add(time.Hour)
	}
	if taken.Load() != 1 || len(box.sent) != 1 {
		t.Errorf("the server got it %d times, %d are noted", taken.Load(), len(box.sent))
	}
}

// A program that ends in the moment in which a mail is gone notes that it is.
func TestDelivery_ends(t *testing.T) {
	now := inventorytest.Start.Add(time.Hour)
	box := inventorytest.Open(t)
	p, err := box.PersonByEmail(t.Context(), "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := box.GiveRole(t.Context(), inventorytest.Operator, p.ID, inventory.Approver); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	sends := 0
	d := Delivery{Outbox: box, Writer: writer(t), Now: func() time.Time { return now }, Send: func(context.Context, Message) error {
		sends++
		end()
		return nil
	}}
	_ = d.Once(ctx)
	if err := d.Once(t.Context()); err != nil || sends != 1 {
		t.Errorf("sent %d times, %v", sends, err)
	}
}

// A full mailbox holds up nobody else's mail.
func TestDelivery_later(t *testing.T) {
	p := &post{later: "full@example.com"}
	addr, end := p.serve(t, "")
	defer end()
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	box := &memory{}
	box.put(now, "full@example.com", "ada@example.com")
	d := Delivery{Outbox: box, Writer: writer(t), Send: serverAt(t, addr).Send, Now: func() time.Time { return now }}
	if err := d.Once(t.Context()); err != nil || len(p.got()) != 1 {
		t.Errorf("got %q, %v", p.got(), err)
	}
	if l := box.letters["letter-1"]; l == nil || l.Due.Sub(now) != pauses[0] {
		t.Errorf("left %+v", l)
	}
}

// A letter that is refused holds up no other, and is tried seldom.
func TestDelivery_refused(t *testing.T) {
	p := &post{refuse: "gone@example.com"}
	addr, end := p.serve(t, "")
	defer end()
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	box := &memory{}
	box.put(now, "gone@example.com", "ada@example.com")
	d := Delivery{Outbox: box, Writer: writer(t), Send: serverAt(t, addr).Send, Now: func() time.Time { return now }}
	if err := d.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := box.letters["letter-1"]
	if len(p.got()) != 1 || l == nil || !strings.Contains(l.Trouble, "no such mailbox") || l.Due.Sub(now) != refusedPause {
		t.Errorf("got %q, left %+v", p.got(), l)
	}
}

// A server without TLS is not spoken to, unless it is said to be of this machine.
func TestServer_encryption(t *testing.T) {
	p := &post{}
	addr, end := p.serve(t, "")
	defer end()
	s := serverAt(t, addr)
	s.Encryption = StartTLS
	err := s.Send(t.Context(), Message{ID: "x", To: "ada@example.com", Subject: "s", Text: "t", HTML: "h"})
	if _, refused := errors.AsType[*Refused](err); err == nil || refused || len(p.got()) != 0 {
		t.Errorf("without TLS: %v, it got %q", err, p.got())
	}
}

// The loop ends with its context and delivers meanwhile.
func TestDelivery_Run(t *testing.T) {
	p := &post{}
	addr, end := p.serve(t, "")
	defer end()
	box := &memory{}
	box.put(time.Now().Add(-time.Second), "ada@example.com")
	ctx, cancel := context.WithCancel(t.Context())
	sent := make(chan struct{})
	server := serverAt(t, addr)
	d := Delivery{Outbox: box, Writer: writer(t), Every: time.Millisecond, Send: func(ctx context.Context, m Message) error {
		defer close(sent)
		return server.Send(ctx, m)
	}}
	ended := make(chan struct{})
	go func() { defer close(ended); d.Run(ctx) }()
	<-sent
	cancel()
	<-ended
	if len(p.got()) != 1 {
		t.Errorf("the server got %q", p.got())
	}
}
