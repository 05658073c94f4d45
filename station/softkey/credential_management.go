package softkey

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"keystation/station/ctap"
)

// listing is what the Next subcommands of credential management still give. Any other command ends it, and so does any
// subcommand that does not go on with it (CTAP 2.1 §6.8).
type listing struct {
	rps         []resident // one of each relying party
	credentials []resident
}

// managing is a subcommand of credential management on its way.
type managing struct {
	req    ctap.CredentialManagementRequest
	params ctap.CredentialManagementParams
	was    listing
}

// credentialManagement is authenticatorCredentialManagement (CTAP 2.1 §6.8).
func (a *authenticator) credentialManagement(body []byte) ([]byte, error) {
	return a.manage(body, func(ctap.CredentialSubcommand) bool { return true })
}

// previewedManagement is the command as FIDO_2_1_PRE had it, under a number of its own and without
// updateUserInformation.
func (a *authenticator) previewedManagement(body []byte) ([]byte, error) {
	return a.manage(body, ctap.CredentialSubcommand.InPreview)
}

func (a *authenticator) manage(body []byte, has func(ctap.CredentialSubcommand) bool) ([]byte, error) {
	m := managing{was: a.listing}
	a.listing = listing{}
	if err := ctap.DecodeRequest(body, &m.req); err != nil {
		return nil, err
	}
	subcommands := map[ctap.CredentialSubcommand]func(managing) (ctap.CredentialManagementResponse, error){
		ctap.CredentialsMetadata:   a.credentialsMetadata,
		ctap.EnumerateRPsBegin:     a.enumerateRPs,
		ctap.EnumerateRPsNext:      a.nextRP,
		ctap.EnumerateCredsBegin:   a.enumerateCredentials,
		ctap.EnumerateCredsNext:    a.nextCredential,
		ctap.DeleteCredential:      a.deleteCredential,
		ctap.UpdateUserInformation: a.updateUser,
	}
	run, ok := subcommands[m.req.Subcommand]
	switch {
	case m.req.Subcommand == 0:
		return nil, ctap.ErrMissingParameter
	case !ok || !has(m.req.Subcommand):
		return nil, ctap.ErrInvalidSubcommand
	}
	if err := a.mayManage(&m); err != nil {
		return nil, err
	}
	resp, err := run(m)
	if err != nil {
		return nil, err
	}
	return encodeUnlessEmpty(resp)
}

// encodeUnlessEmpty answers with nothing where there is nothing to say (CTAP 2.1 §6.8.5, §6.8.6).
func encodeUnlessEmpty(resp ctap.CredentialManagementResponse) ([]byte, error) {
	b, err := ctap.Encode(resp)
	if err != nil {
		return nil, ctap.ErrOther
	}
	const emptyMap = 0xA0
	if len(b) == 1 && b[0] == emptyMap {
		return nil, nil
	}
	return b, nil
}

// mayManage checks the token of the subcommands that need one, and reads the parameters. Metadata and the relying
// parties are everybody's, so a token that is bound to one does not do (CTAP 2.1 §6.8.2, §6.8.3).
func (a *authenticator) mayManage(m *managing) error {
	sub := m.req.Subcommand
	if sub == ctap.EnumerateRPsNext || sub == ctap.EnumerateCredsNext {
		return nil
	}
	if m.req.PINUVAuthParam == nil {
		return ctap.ErrPUATRequired
	}
	p, err := a.protocol(m.req.PINUVAuthProtocol)
	if err != nil {
		return err
	}
	message := ctap.CredentialManagementAuthMessage(sub, m.req.Params)
	if err := a.authorize(p, message, m.req.PINUVAuthParam, ctap.PermCredentialManagement); err != nil {
		return err
	}
	if sub == ctap.CredentialsMetadata || sub == ctap.EnumerateRPsBegin {
		if a.token.rpID != "" {
			return ctap.ErrPINAuthInvalid
		}
		return nil
	}
	if m.req.Params == nil {
		return ctap.ErrMissingParameter
	}
	return ctap.DecodeRequest(m.req.Params, &m.params)
}

// boundElsewhere reports whether the token is bound to another relying party.
func (a *authenticator) boundElsewhere(rpIDHash []byte) bool {
	if a.token.rpID == "" {
		return false
	}
	own := hashOf(a.token.rpID)
	return !bytes.Equal(own, rpIDHash)
}

func hashOf(rpID string) []byte {
	sum := sha256.Sum256([]byte(rpID))
	return sum[:]
}

// credentialsMetadata is CTAP 2.1 §6.8.2.
func (a *authenticator) credentialsMetadata(managing) (ctap.CredentialManagementResponse, error) {
	existing := len(a.state.Residents)
	remaining := a.model.residents() - existing
	return ctap.CredentialManagementResponse{Existing: &existing, Remaining: &remaining}, nil
}

// enumerateRPs is enumerateRPsBegin (CTAP 2.1 §6.8.3).
func (a *authenticator) enumerateRPs(managing) (ctap.CredentialManagementResponse, error) {
	var rps []resident
	for _, r := range a.state.Residents {
		if !slices.ContainsFunc(rps, func(other resident) bool { return other.RPID == r.RPID }) {
			rps = append(rps, r)
		}
	}
	if len(rps) == 0 {
		return ctap.CredentialManagementResponse{}, ctap.ErrNoCredentials
	}
	total := len(rps)
	resp, err := a.nextRP(managing{was: listing{rps: rps}})
	resp.TotalRPs = &total
	return resp, err
}

// nextRP is enumerateRPsGetNextRP (CTAP 2.1 §6.8.3).
func (a *authenticator) nextRP(m managing) (ctap.CredentialManagementResponse, error) {
	if len(m.was.rps) == 0 {
		return ctap.CredentialManagementResponse{}, ctap.ErrNotAllowed
	}
	r := m.was.rps[0]
	a.listing.rps = m.was.rps[1:]
	return ctap.CredentialManagementResponse{RP: &ctap.RelyingParty{ID: r.RPID, Name: r.RPName}, RPIDHash: hashOf(r.RPID)}, nil
}

// enumerateCredentials is enumerateCredentialsBegin (CTAP 2.1 §6.8.4).
func (a *authenticator) enumerateCredentials(m managing) (ctap.CredentialManagementResponse, error) {
	switch {
	case m.params.RPIDHash == nil:
		return ctap.CredentialManagementResponse{}, ctap.ErrMissingParameter
	case a.boundElsewhere(m.params.RPIDHash):
		return ctap.CredentialManagementResponse{}, ctap.ErrPINAuthInvalid
	}
	var found []resident
	for _, r := range a.state.Residents {
		if bytes.Equal(hashOf(r.RPID), m.params.RPIDHash) {
			found = append(found, r)
		}
	}
	if len(found) == 0 {
		return ctap.CredentialManagementResponse{}, ctap.ErrNoCredentials
	}
	total := len(found)
	resp, err := a.nextCredential(managing{was: listing{credentials: found}})
	resp.TotalCredentials = &total
	return resp, err
}

// nextCredential is enumerateCredentialsGetNextCredential (CTAP 2.1 §6.8.4).
func (a *authenticator) nextCredential(m managing) (ctap.CredentialManagementResponse, error) {
	if len(m.was.credentials) == 0 {
		return ctap.CredentialManagementResponse{}, ctap.ErrNotAllowed
	}
	r := m.was.credentials[0]
	c, ok := a.state.open(r.ID, [sha256.Size]byte(hashOf(r.RPID)))
	if !ok {
		return ctap.CredentialManagementResponse{}, ctap.ErrOther
	}
	a.listing.credentials = m.was.credentials[1:]
	return ctap.CredentialManagementResponse{User: &r.User, Credential: &ctap.Descriptor{ID: r.ID, Type: ctap.PublicKeyCredential},
		PublicKey: ctap.EncodeES256(&c.key.PublicKey), CredProtect: c.protect}, nil
}

// named finds the stored credential that a request names. A token bound to another relying party has no say in it.
func (a *authenticator) named(m managing) (int, error) {
	if m.params.Credential == nil {
		return 0, ctap.ErrMissingParameter
	}
	i := slices.IndexFunc(a.state.Residents, func(r resident) bool { return bytes.Equal(r.ID, m.params.Credential.ID) })
	if i < 0 {
		return 0, ctap.ErrNoCredentials
	}
	if a.boundElsewhere(hashOf(a.state.Residents[i].RPID)) {
		return 0, ctap.ErrPINAuthInvalid
	}
	return i, nil
}

// deleteCredential is CTAP 2.1 §6.8.5.
func (a *authenticator) deleteCredential(m managing) (ctap.CredentialManagementResponse, error) {
	i, err := a.named(m)
	if err == nil {
		a.state.Residents = slices.Delete(a.state.Residents, i, i+1)
	}
	return ctap.CredentialManagementResponse{}, err
}

// updateUser is updateUserInformation (CTAP 2.1 §6.8.6): the names are replaced, those left out are gone; the account
// stays the same.
func (a *authenticator) updateUser(m managing) (ctap.CredentialManagementResponse, error) {
	if m.params.User == nil {
		return ctap.CredentialManagementResponse{}, ctap.ErrMissingParameter
	}
	i, err := a.named(m)
	if err != nil {
		return ctap.CredentialManagementResponse{}, err
	}
	if !bytes.Equal(a.state.Residents[i].User.ID, m.params.User.ID) {
		return ctap.CredentialManagementResponse{}, ctap.ErrInvalidParameter
	}
	a.state.Residents[i].User = *m.params.User
	return ctap.CredentialManagementResponse{}, nil
}
