package web

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"keystation/inventory"
)

// trustView is the verdict of a key as a person reads it.
type trustView struct {
	Who   string   // who made it
	How   string   // how we know
	Doubt []string // what could be wrong, or what was decided by a person
	grounds

	inventory.Attested
	History []inventory.Judgment
}

// trust tells the verdict of a key.
func (s *Site) trust(ctx context.Context, d inventory.KeyDossier) (trustView, error) {
	g, err := s.grounds(ctx)
	if err != nil {
		return trustView{}, err
	}
	v := trustView{grounds: g, History: d.Judgments}
	var j inventory.Judgment
	if len(d.Judgments) > 0 {
		j = d.Judgments[0]
	}
	v.Who = whoMade(d.Key, j)
	if j.ID == "" {
		v.Doubt = d.Key.Reasons
		return v, nil
	}
	v.How = s.howKnown(j)
	v.Doubt = s.texts.doubts(d.Key, j)
	if s.Attested != nil {
		i := slices.IndexFunc(d.Registrations, func(r inventory.Registration) bool { return r.ID == j.Registration })
		if i >= 0 {
			v.Attested = s.Attested(d.Registrations[i])
		}
	}
	return v, nil
}

func whoMade(k inventory.Key, j inventory.Judgment) string {
	model := cmp.Or(j.Model, k.Model, "a model without a name")
	maker := cmp.Or(j.Maker, k.Maker)
	switch k.Verdict {
	case inventory.Genuine:
		if maker == "" {
			return fmt.Sprintf("This is a %s.", model)
		}
		return fmt.Sprintf("%s made this key: it is a %s.", maker, model)
	case inventory.Refused:
		return fmt.Sprintf("Do not trust this key. It says that it is a %s.", model)
	case inventory.Unknown:
		return fmt.Sprintf("It says that it is a %s. Nothing proves it.", model)
	}
	return "Nobody has judged yet what this key is."
}

// howKnown says what was looked at, and by what.
func (s *Site) howKnown(j inventory.Judgment) string {
	how := "What it signed when it was made here was looked at"
	if j.Root != "" {
		how = fmt.Sprintf("When it was made here it signed with a certificate from its factory, which leads to the root %q", rootName(j.Root))
		if j.Metadata != 0 && j.Model != "" {
			how += ", one of this model"
		}
	}
	by := fmt.Sprintf("policy version %d", j.Policy)
	if j.Metadata != 0 {
		by = fmt.Sprintf("metadata no. %d and %s", j.Metadata, by)
	}
	return fmt.Sprintf("%s. Judged on %s by %s.", how, j.At.In(s.Zone).Format("2 January 2006"), by)
}

// rootName is what people call a root: its common name where it has one.
func rootName(root string) string {
	root, _, _ = strings.Cut(root, " (SHA-256")
	for part := range strings.SplitSeq(root, ",") {
		if name, is := strings.CutPrefix(part, "CN="); is {
			return name
		}
	}
	return root
}

// doubts are all reasons but the proof, and what people decided. Before a reason stands what it means for whoever holds the
// key, where there is a text for its code.
func (t texts) doubts(k inventory.Key, j inventory.Judgment) []string {
	var all []string
	for _, r := range j.Reasons {
		if say := t.of(english, "doubt.", r.Code); r.Code == "root-reached" {
			continue
		} else if say != "" {
			all = append(all, say+" "+r.Sentence)
		} else {
			all = append(all, r.Sentence)
		}
	}
	for _, sentence := range k.Reasons {
		if !slices.Contains(j.Sentences(), sentence) {
			all = append(all, sentence)
		}
	}
	return all
}

// statusWord writes a status of the metadata as people read it.
func statusWord(status string) string {
	words := strings.Split(strings.ToLower(status), "_")
	for i, w := range words {
		if w == "fido" || strings.HasPrefix(w, "fips") {
			words[i] = strings.ToUpper(w)
		} else if len(w) > 1 && w[0] == 'l' && w[1] >= '1' && w[1] <= '9' {
			words[i] = "L" + w[1:]
		}
	}
	return strings.Join(words, " ")
}

// hostOf shows where a link leads; nowhere if it is none that a browser should follow.
func hostOf(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.Host
}
