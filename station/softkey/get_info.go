package softkey

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/fxamacker/cbor/v2"
	"keystation/station/ctap"
)

// getInfo is authenticatorGetInfo (CTAP 2.1 §6.4): what the model says, member by member, with what the key's state
// changes. Members that this program does not know are said as the model has them.
func (a *authenticator) getInfo([]byte) ([]byte, error) {
	now, err := a.info()
	if err != nil {
		return nil, ctap.ErrOther
	}
	out := maps.Clone(a.factory)
	current, err := members(now)
	if err != nil {
		return nil, ctap.ErrOther
	}
	maps.Copy(out, current)
	const forcePINChange, no = 0x0C, 0xF4
	if _, said := out[forcePINChange]; said && !now.ForcePINChange {
		out[forcePINChange] = []byte{no}
	}
	return ctap.Encode(out)
}

// members takes a getInfo apart, by number.
func members(i ctap.Info) (map[int64]cbor.RawMessage, error) {
	b := i.Raw
	if b == nil {
		var err error
		if b, err = i.Encode(); err != nil {
			return nil, err
		}
	}
	var m map[int64]cbor.RawMessage
	if err := ctap.Decode(b, &m); err != nil {
		return nil, fmt.Errorf("take getInfo apart: %w", err)
	}
	return m, nil
}

// factoryMembers are what a model fresh from a reset says. Of what was left out of a list or a map in it nothing stays,
// even if nothing else was there.
func factoryMembers(m Model) (map[int64]cbor.RawMessage, error) {
	if !m.speaksCTAP2() {
		return nil, nil
	}
	all, err := members(m.GetInfo)
	if err != nil {
		return nil, err
	}
	const extensions, options, algorithms = 0x02, 0x04, 0x0A
	for _, n := range []int64{extensions, options, algorithms} {
		delete(all, n)
	}
	i := m.GetInfo
	i.Raw = nil
	known, err := members(i)
	if err != nil {
		return nil, err
	}
	for _, n := range []int64{extensions, options, algorithms} {
		if v, ok := known[n]; ok {
			all[n] = v
		}
	}
	return all, nil
}

// info is the getInfo of now. A member that the model does not say stays unsaid, unless it has become true.
func (a *authenticator) info() (ctap.Info, error) {
	i := a.model.GetInfo
	i.Raw = nil
	i.Options = a.options()
	if a.state.AlwaysUV { // CTAP 2.1 §7.2: alwaysUv disables U2F where the PIN cannot protect it
		i.Versions = slices.DeleteFunc(slices.Clone(i.Versions), func(v string) bool { return v == ctap.VersionU2F })
	}
	i.ForcePINChange = a.state.ForceChange
	if i.MinPINLength != 0 {
		i.MinPINLength = a.state.MinPIN
	}
	if i.RemainingDiscoverableCredentials != nil {
		left := a.model.residents() - len(a.state.Residents)
		i.RemainingDiscoverableCredentials = &left
	}
	return i, a.refresh(&i.EncIdentifier, &i.EncCredStoreState)
}

// refresh makes new what is encrypted anew at each call (CTAP 2.2 §6.4, encIdentifier). Nobody has the token that
// would decrypt it, so any bytes of that length are as good.
func (a *authenticator) refresh(members ...*[]byte) error {
	for _, b := range members {
		*b = slices.Clone(*b)
		if _, err := io.ReadFull(a.cfg.Rand, *b); err != nil {
			return err
		}
	}
	return nil
}

// options are three-state (CTAP 2.1 §6.4): what the model does not name is not supported.
func (a *authenticator) options() map[string]bool {
	o := maps.Clone(a.model.GetInfo.Options)
	if a.state.AlwaysUV { // §6.11.2: alwaysUv switches it off
		a.say(o, ctap.OptionMakeCredUVNotRqd, false)
	}
	a.say(o, ctap.OptionClientPIN, a.protected())
	a.say(o, ctap.OptionAlwaysUV, a.state.AlwaysUV)
	a.say(o, ctap.OptionEP, a.state.Enterprise)
	return o
}

// say changes an option that the key has.
func (a *authenticator) say(o map[string]bool, name string, on bool) {
	if _, ok := o[name]; ok {
		o[name] = on
	}
}

// has reports whether the key has the option, on or off.
func (a *authenticator) has(option string) bool {
	_, ok := a.model.GetInfo.Option(option)
	return ok
}
