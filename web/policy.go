package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"keystation/inventory"
)

// policyBooks is what the pages about policy read.
type policyBooks interface {
	// PolicyHistory lists all versions, the newest first.
	PolicyHistory(ctx context.Context) ([]inventory.Policy, error)
}

// Policies reads, checks and applies policies as people write them, Apply is told who does it.
type Policies interface {
	// InForce gives the policy in force; of version 0 when it is the configuration's and is not written down.
	InForce(ctx context.Context) (inventory.Policy, error)
	// Text writes rules as a text that can be changed and checked.
	Text(rules inventory.TierRules) (string, error)
	// Rows are the rules as a table, one row for each key.
	Rows(rules inventory.TierRules) []PolicyRow
	// Changes lists in what two policies differ.
	Changes(from, to inventory.TierRules) []PolicyChange
	// Check says what applying a text would come to. It changes nothing and may take a minute; progress is told how far it is.
	Check(ctx context.Context, text string, progress func(done, total int)) (PolicyCheck, error)
	// Apply applies the text that a check was about, and judges every key again. With an error and a policy that one is in
	// force all the same, and not every key is judged by it yet.
	Apply(ctx context.Context, by inventory.Actor, text, token string, progress func(done, total int)) (inventory.Policy, inventory.Review, error)
}

// PolicyRow is one key of the rules, tier by tier.
type PolicyRow struct {
	Key, About string
	Values     []string // of the standard, elevated and critical tier
	Differ     bool     // not all the same
}

// PolicyChange is one key in which two policies differ.
type PolicyChange struct {
	Tier inventory.Tier `json:"tier"`
	Key  string         `json:"key"`
	From string         `json:"from"`
	To   string         `json:"to"`
}

// PolicyCheck is what applying a policy would come to.
type PolicyCheck struct {
	Changes  []PolicyChange
	Forecast inventory.Forecast
	Token    string // names the policy over the one in force
}

// policyInForce is the policy that pages show; an empty one where this program has none to show.
func (s *Site) policyInForce(ctx context.Context) (inventory.Policy, error) {
	if s.Policies == nil {
		return inventory.Policy{Rules: inventory.SameRules(inventory.DefaultRules())}, nil
	}
	p, err := s.Policies.InForce(ctx)
	if err != nil {
		return p, fmt.Errorf("read policy: %w", err)
	}
	return p, nil
}

// policyPage is the policy in force, with its history and a form for another.
type policyPage struct {
	inventory.Policy
	Rows    []PolicyRow
	History []policyVersion
	Text    string
	Tiers   []inventory.Tier
	Working bool // a check or an application is under way
}

type policyVersion struct {
	inventory.Policy
	Changes []PolicyChange // since the one before
}

func (s *Site) policy(c Ctx) error {
	if s.Policies == nil {
		return inventory.Refuse(inventory.NotFound, "This program shows no policy: use keystation policy show.")
	}
	ctx := c.Request().Context()
	in, err := s.policyInForce(ctx)
	if err != nil {
		return err
	}
	all, err := s.Books.PolicyHistory(ctx)
	if err != nil {
		return fmt.Errorf("list policies: %w", err)
	}
	page := policyPage{Policy: in, Rows: s.Policies.Rows(in.Rules), Tiers: inventory.Tiers, Working: s.job.working()}
	if page.Text, err = s.Policies.Text(in.Rules); err != nil {
		return fmt.Errorf("write policy: %w", err)
	}
	for i, p := range all {
		v := policyVersion{Policy: p}
		if i+1 < len(all) {
			v.Changes = s.Policies.Changes(all[i+1].Rules, p.Rules)
		}
		page.History = append(page.History, v)
	}
	return s.render(c, http.StatusOK, "policy", frame{Title: s.text(c, "title.policy"), Here: "/models"}, page)
}

// job is the one check or application of a policy that is under way or has ended. It is safe for concurrent use; what it
// started has ended when [job.end] returns.
type job struct {
	all  sync.WaitGroup
	mu   sync.Mutex
	now  jobState
	stop context.CancelFunc
	over bool // nothing begins any more
}

// jobState is how far a job is.
type jobState struct {
	Begun, Ended bool
	Applying     bool
	Text         string
	Done, Total  int
	Check        PolicyCheck
	Applied      inventory.Policy
	Review       inventory.Review
	Err          error
}

func (j *job) state() jobState {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.now
}

func (j *job) working() bool { s := j.state(); return s.Begun && !s.Ended }

func (j *job) note(change func(*jobState)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	change(&j.now)
}

// begin starts a job, unless another is under way.
func (j *job) begin(first jobState, do func(ctx context.Context, progress func(done, total int)) func(*jobState)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.over {
		return inventory.Refuse(inventory.Unavailable, "The program is ending: begin again when it is back.")
	}
	if j.now.Begun && !j.now.Ended {
		return inventory.Refuse(inventory.Conflict, "Keys are being judged by another policy at this moment: wait until that is done.")
	}
	ctx, stop := context.WithCancel(context.Background())
	first.Begun = true
	j.now, j.stop = first, stop
	j.all.Go(func() {
		defer stop()
		defer func() { // a panic ends what was begun, and not the bench beside it
			if p := recover(); p != nil {
				j.note(func(s *jobState) { s.Err, s.Ended = panicked(p), true })
			}
		}()
		ended := do(ctx, func(done, total int) { j.note(func(s *jobState) { s.Done, s.Total = done, total }) })
		j.note(func(s *jobState) { ended(s); s.Ended = true })
	})
	return nil
}

// end stops what is under way and waits for it. Nothing begins after it.
func (j *job) end() {
	j.mu.Lock()
	j.over = true
	stop := j.stop
	j.mu.Unlock()
	if stop != nil {
		stop()
	}
	j.all.Wait()
}

// checkPolicy begins to check the text of the form.
func (s *Site) checkPolicy(c Ctx) error {
	if s.Policies == nil {
		return inventory.Refuse(inventory.Unavailable, "This program checks no policy: use keystation policy check.")
	}
	text := strings.ReplaceAll(c.Request().PostFormValue("text"), "\r\n", "\n")
	err := s.job.begin(jobState{Text: text}, func(ctx context.Context, progress func(done, total int)) func(*jobState) {
		check, err := s.Policies.Check(ctx, text, progress)
		return func(j *jobState) { j.Check, j.Err = check, err }
	})
	if err != nil {
		return err
	}
	return seeOther(c, "/policy/check")
}

// applyPolicy applies the text that was checked last.
func (s *Site) applyPolicy(c Ctx) error {
	was, token, by := s.job.state(), c.Request().PostFormValue("token"), visitor(c).Actor
	if s.Policies == nil || !was.Ended || was.Err != nil || was.Applying || was.Check.Token != token {
		return inventory.Refuse(inventory.Conflict, "This is not the policy that was checked last: check it again, then apply it.")
	}
	err := s.job.begin(jobState{Text: was.Text, Check: was.Check, Applying: true}, func(ctx context.Context, progress func(done, total int)) func(*jobState) {
		p, review, err := s.Policies.Apply(ctx, by, was.Text, token, progress)
		return func(j *jobState) { j.Applied, j.Review, j.Err = p, review, err }
	})
	if err != nil {
		return err
	}
	return seeOther(c, "/policy/check")
}

// policyCheckPage is how far a check is, or what it came to.
type policyCheckPage struct {
	jobState
	Fault string // a sentence; empty: none
	Most  int    // rows that are listed at most
}

func (s *Site) policyCheck(c Ctx) error {
	j := s.job.state()
	page := policyCheckPage{jobState: j, Most: inventory.ForecastRows}
	if j.Err != nil {
		_, page.Fault = s.verdict(j.Err, c)
	}
	if j.Begun && !j.Ended {
		c.Response().Header().Set("Refresh", "1") // the page looks again by itself, also without scripts
	}
	title := "Check of a policy"
	if j.Applying {
		title = "Applying a policy"
	}
	return s.render(c, http.StatusOK, "policycheck", frame{Title: title, Here: "/models"}, page)
}
