package main

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/attest"
	"keystation/station/ctap"
	"keystation/web"
)

// siteTrust gives pages what the metadata, the policy and kept attestations say.
type siteTrust struct{ desk *desk }

// entry is what the metadata in use say of a model; nil: nothing.
func (s siteTrust) entry(aaguid string) (*attest.Catalog, *attest.Entry) {
	a, err := ctap.ParseAAGUID(aaguid)
	if err != nil {
		return nil, nil
	}
	p, err := s.desk.grounds.policy(context.Background())
	if err != nil {
		s.desk.log.Warn("the metadata cannot be read", "err", err)
		return nil, nil
	}
	return p.Catalog, p.Catalog.Entry(a)
}

func (s siteTrust) model(aaguid string) (inventory.ModelFacts, bool) {
	c, e := s.entry(aaguid)
	if e == nil {
		return inventory.ModelFacts{}, false
	}
	return modelFacts(c, e, time.Now()), true
}

func (s siteTrust) icon(aaguid string) []byte {
	_, e := s.entry(aaguid)
	if e == nil {
		return nil
	}
	return e.Icon
}

// attested reads the kept attestation of a tag credential.
func (s siteTrust) attested(r inventory.Registration) inventory.Attested {
	p, err := s.desk.grounds.policy(context.Background())
	if err != nil {
		return inventory.Attested{}
	}
	_, found := station.NewJudge(p).Weigh(inventory.Evidence{Registration: r}, time.Now())
	a := inventory.Attested{
		Format: found.Format, Device: found.Facts.YubicoDevice, Firmware: found.Facts.YubicoFirmware, FIPS: found.Facts.FIPS,
		Transports: found.Facts.Transports, Serial: found.Facts.EnterpriseSerial,
	}
	for _, l := range found.Chain {
		a.Chain = append(a.Chain, inventory.ChainLink{Subject: l.Subject, Issuer: l.Issuer, From: l.NotBefore, Until: l.NotAfter, SHA256: l.Fingerprint})
	}
	return a
}

// InForce gives the policy in force.
func (s siteTrust) InForce(ctx context.Context) (inventory.Policy, error) {
	return s.desk.policyInForce(ctx, 0)
}

// Text writes rules as a file.
func (s siteTrust) Text(rules inventory.TierRules) (string, error) {
	var b strings.Builder
	err := writePolicy(&b, rules)
	return b.String(), err
}

// Rows are the rules as a table.
func (s siteTrust) Rows(rules inventory.TierRules) []web.PolicyRow {
	var rows []web.PolicyRow
	for i, first := range settingsOf(rules.Standard.Tidy()) {
		row := web.PolicyRow{Key: first.key, About: ruleComments[first.key]}
		for _, tier := range inventory.Tiers {
			own := settingsOf(rules.For(tier).Tidy())[i]
			row.Values = append(row.Values, own.word())
			row.Differ = row.Differ || !reflect.DeepEqual(own.value, first.value)
		}
		rows = append(rows, row)
	}
	return rows
}

// Changes lists in what two policies differ.
func (s siteTrust) Changes(from, to inventory.TierRules) []web.PolicyChange {
	return policyChanges(from, to)
}

// Check says what applying a text would come to.
func (s siteTrust) Check(ctx context.Context, text string, progress func(done, total int)) (web.PolicyCheck, error) {
	rules, err := parsePolicy([]byte(text), "The policy")
	if err != nil {
		return web.PolicyCheck{}, err
	}
	c, err := s.desk.foresee(ctx, rules, progress)
	return web.PolicyCheck{Changes: c.Changes, Forecast: c.Forecast, Token: c.Token}, err
}

// Apply applies the text that was checked and judges every key again.
func (s siteTrust) Apply(ctx context.Context, by inventory.Actor, text, token string, progress func(done, total int)) (inventory.Policy, inventory.Review, error) {
	rules, err := parsePolicy([]byte(text), "The policy")
	if err != nil {
		return inventory.Policy{}, inventory.Review{}, err
	}
	last, err := s.desk.store.Policy(ctx)
	if err != nil {
		return inventory.Policy{}, inventory.Review{}, err
	}
	in, err := s.desk.policyInForce(ctx, 0)
	if err != nil {
		return inventory.Policy{}, inventory.Review{}, err
	}
	if now, err := confirmation(rules, in.Version); err != nil || now != token {
		return inventory.Policy{}, inventory.Review{}, inventory.Refuse(inventory.Conflict, "The policy in force was changed since this one was checked: check it again.")
	}
	p, err := s.desk.lookPolicy(ctx)
	if err != nil {
		return inventory.Policy{}, inventory.Review{}, err
	}
	applied, err := s.desk.store.ApplyPolicy(ctx, by, rules, last.Version, s.desk.namesOf(p))
	if err != nil {
		return inventory.Policy{}, inventory.Review{}, err
	}
	next, err := s.desk.grounds.policy(ctx)
	if err != nil {
		return applied, inventory.Review{}, err
	}
	r, err := station.Reviewer{Fleet: s.desk.store, Policy: next, Progress: progress}.Review(ctx, by, fmt.Sprintf("Policy version %d was applied.", applied.Version))
	return applied, r, err
}
