// Asks the browser to make or show a passkey (WebAuthn Level 3 §5.1). A form with data-begin and data-finish sends its
// fields to the first, does what the answer asks, and sends the result to the second, which says where to go on.
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => buffer ? btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "") : undefined;
  const decoded = (list) => (list || []).map((c) => ({ ...c, id: bytes(c.id) }));

  async function send(path, body, type) {
    const answer = await fetch(path, { method: "POST", body, headers: { Accept: "application/json", "Content-Type": type } });
    if (answer.redirected) { // it asks first who is there
      location.assign(answer.url);
      return new Promise(() => {});
    }
    const got = await answer.json();
    if (!answer.ok) throw new Error(got.error);
    return got;
  }

  async function ask(options) {
    const o = options.publicKey;
    o.challenge = bytes(o.challenge);
    if (o.user) {
      o.user.id = bytes(o.user.id);
      o.excludeCredentials = decoded(o.excludeCredentials);
      return navigator.credentials.create({ publicKey: o });
    }
    o.allowCredentials = decoded(o.allowCredentials);
    return navigator.credentials.get({ publicKey: o });
  }

  function written(credential) {
    const r = credential.response;
    return JSON.stringify({
      id: credential.id, rawId: text(credential.rawId), type: credential.type, clientExtensionResults: credential.getClientExtensionResults(),
      authenticatorAttachment: credential.authenticatorAttachment || undefined,
      response: {
        clientDataJSON: text(r.clientDataJSON), attestationObject: text(r.attestationObject), authenticatorData: text(r.authenticatorData),
        signature: text(r.signature), userHandle: text(r.userHandle), transports: r.getTransports ? r.getTransports() : undefined,
      },
    });
  }

  async function go(form) {
    const said = form.querySelector("[role=alert]");
    said.textContent = "";
    form.setAttribute("aria-busy", "true");
    try {
      const options = await send(form.dataset.begin, new URLSearchParams(new FormData(form)), "application/x-www-form-urlencoded");
      const credential = await ask(options);
      const { next } = await send(form.dataset.finish, written(credential), "application/json");
      location.assign(next);
    } catch (err) {
      said.textContent = err.name === "NotAllowedError" || err.name === "InvalidStateError" ? form.dataset[err.name] : err.message;
      form.removeAttribute("aria-busy");
    }
  }

  for (const form of document.querySelectorAll("form[data-begin]")) {
    if (!window.PublicKeyCredential) {
      form.querySelector("[role=alert]").textContent = form.dataset.none;
      continue;
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      go(form);
    });
  }
})();
