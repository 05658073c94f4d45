package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keystation/inventory"
)

// modelBooks is what the pages about models read.
type modelBooks interface {
	// Models lists the models of which there are keys, by name.
	Models(ctx context.Context) ([]inventory.ModelRow, error)
	// ModelDossier gives what there is of a model.
	ModelDossier(ctx context.Context, aaguid string) (inventory.ModelDossier, error)
}

// modelsPage lists what is in stock and in hands, model by model.
type modelsPage struct {
	grounds
	Rows []modelView
	Last *inventory.Review // of the fleet; nil: there was none
}

// modelView is a model with what the metadata and the policy say of it.
type modelView struct {
	inventory.ModelRow
	Facts   inventory.ModelFacts
	Known   bool // it is in the metadata
	Policy  []tierWord
	Worst   *inventory.ModelStatus // that speaks against it; nil: none
	Updates []inventory.ModelStatus
}

// tierWord says what policy does with a model in a tier.
type tierWord struct {
	Tier inventory.Tier
	Bad  bool
	Say  string
}

func (s *Site) models(c Ctx) error {
	ctx := c.Request().Context()
	rows, err := s.Books.Models(ctx)
	if err != nil {
		return fmt.Errorf("list models: %w", err)
	}
	page := modelsPage{}
	if page.grounds, err = s.grounds(ctx); err != nil {
		return err
	}
	last, err := s.Books.LastReview(ctx)
	if err == nil {
		page.Last = &last
	} else if inventory.KindOf(err) != inventory.NotFound {
		return fmt.Errorf("read last review: %w", err)
	}
	in, err := s.policyInForce(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		page.Rows = append(page.Rows, s.modelView(r, in))
	}
	return s.render(c, http.StatusOK, "models", frame{Title: s.text(c, "title.models"), Here: "/models"}, page)
}

func (s *Site) modelView(r inventory.ModelRow, in inventory.Policy) modelView {
	v := modelView{ModelRow: r}
	if s.Model != nil {
		if f, known := s.Model(r.AAGUID); known {
			v.Facts, v.Known = f, true
		}
	}
	if v.Facts.Name == "" {
		v.Facts.Name = r.Name
	}
	for i, st := range v.Facts.Statuses {
		if st.Undesired {
			v.Worst = &v.Facts.Statuses[i]
		}
		if st.Update {
			v.Updates = append(v.Updates, st)
		}
	}
	for _, tier := range inventory.Tiers {
		v.Policy = append(v.Policy, modelRule(in.Rules.For(tier), tier, r.AAGUID, v))
	}
	return v
}

// modelRule says what the rules of a tier come to for a model.
func modelRule(r inventory.Rules, tier inventory.Tier, aaguid string, v modelView) tierWord {
	against := slices.IndexFunc(v.Facts.Statuses, func(st inventory.ModelStatus) bool { return slices.Contains(r.Undesired, st.Status) })
	switch {
	case slices.Contains(r.Deny, aaguid):
		return tierWord{tier, true, "denied"}
	case len(r.Allow) > 0 && !slices.Contains(r.Allow, aaguid):
		return tierWord{tier, true, "not allowed"}
	case against >= 0:
		return tierWord{tier, true, "refused: " + statusWord(v.Facts.Statuses[against].Status)}
	case r.Certification != "" && slices.Index(inventory.CertificationLevels, v.Facts.Level) < slices.Index(inventory.CertificationLevels, r.Certification):
		return tierWord{tier, true, "refused: less than " + r.Certification}
	case r.MinFirmware[aaguid] != "":
		return tierWord{tier, false, "firmware " + r.MinFirmware[aaguid] + " or newer"}
	case slices.Contains(r.AlwaysUV, aaguid):
		return tierWord{tier, false, "with alwaysUv"}
	}
	return tierWord{tier, false, "allowed"}
}

// modelPage is all about one model.
type modelPage struct {
	modelView
	grounds
	Firmware []inventory.FirmwareSpread
	States   []stateCount
	Form     *recallForm // nil: its keys are not recalled here
}

// Find is what finds its keys in the list.
func (p modelPage) Find() string { return "/keys?" + url.Values{"q": {p.Name}}.Encode() }

func (s *Site) model(c Ctx) error {
	ctx, aaguid := c.Request().Context(), strings.ToLower(c.Param("aaguid"))
	d, err := s.Books.ModelDossier(ctx, aaguid)
	if err != nil {
		return fmt.Errorf("read model: %w", err)
	}
	in, err := s.policyInForce(ctx)
	if err != nil {
		return err
	}
	page := modelPage{Firmware: d.Firmware, modelView: s.modelView(d.ModelRow, in), States: countStates(d.States, "")}
	if d.Keys() == 0 && !page.Known {
		return inventory.Refuse(inventory.NotFound, "There is no key of the model %s, and the metadata do not know it.", aaguid)
	}
	if page.grounds, err = s.grounds(ctx); err != nil {
		return err
	}
	if d.AtDesk+d.InHands > 0 {
		page.Form = s.recallForm(inventory.RecallOf{AAGUID: aaguid}, "Call these keys back",
			"Whoever has one gets another by a requisition of their own. Keys at the desk are put aside.")
	}
	return s.render(c, http.StatusOK, "model", frame{Title: page.Facts.Name, Here: "/models"}, page)
}

// iconKinds are the kinds of image that a browser gets, by how they begin. What the metadata call them does not matter.
var iconKinds = []struct{ kind, begins string }{
	{"image/png", "\x89PNG\r\n\x1a\n"}, {"image/jpeg", "\xff\xd8\xff"}, {"image/gif", "GIF8"},
}

// modelIcon gives the picture of a model that the metadata have. It is somebody else's: only what begins like a picture
// goes out, and as that.
func (s *Site) modelIcon(c Ctx) error {
	if s.Icon == nil {
		return inventory.Refuse(inventory.NotFound, "There are no pictures of models here.")
	}
	image := s.Icon(c.Param("aaguid"))
	for _, k := range iconKinds {
		if bytes.HasPrefix(image, []byte(k.begins)) {
			c.Response().Header().Set("Cache-Control", "private, max-age=3600")
			return c.Blob(http.StatusOK, k.kind, image)
		}
	}
	return inventory.Refuse(inventory.NotFound, "There is no picture of this model.")
}
