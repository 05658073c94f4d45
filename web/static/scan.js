// A barcode scanner is a keyboard that types faster than people do and ends with Enter. What it types is caught wherever
// it is typed, except into a field, and sent to be read; the server knows the codes and undoes keyboard layouts. Without
// this file the field does the same.
"use strict";
(() => {
  const form = document.getElementById("scan");
  const field = document.getElementById("code");
  const said = document.getElementById("scansaid");
  const chip = form.querySelector(".chosen");
  const gap = 60; // milliseconds between two keys; a scanner takes 2 to 40, quick fingers 80
  const shortest = 4; // a person does not type that many keys so fast by chance
  const forget = 60000; // a port that was chosen and not used
  const outline = new CSSStyleSheet(); // stays when a tile is drawn anew
  document.adoptedStyleSheets.push(outline);
  let typed = "", last = -Infinity, forgetting, queue = Promise.resolve();

  const writing = (e) => e && (e.isContentEditable || e.matches("input, textarea, select"));

  const choose = (port, tile, label) => {
    form.elements.port.value = port;
    chip.textContent = label;
    chip.hidden = !port;
    outline.replaceSync(tile ? `#${CSS.escape(tile)} { outline: 4px solid var(--ring); outline-offset: 2px; }` : "");
    clearTimeout(forgetting);
    if (port) forgetting = setTimeout(() => choose("", "", ""), forget);
  };

  const say = (text, ok, page) => {
    said.hidden = false;
    said.dataset.tone = ok ? "good" : "bad";
    said.firstElementChild.textContent = text;
    const link = said.querySelector("a");
    link.hidden = !page;
    if (page) link.href = page;
    said.classList.remove("flash");
    void said.offsetWidth; // begins the flash anew
    said.classList.add("flash");
  };

  const read = async (code) => {
    const body = new URLSearchParams({ code, port: form.elements.port.value });
    try {
      const answer = await (await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } })).json();
      if (answer.say === undefined) return say(answer.error, false);
      say(answer.say, answer.ok, answer.page);
      choose(answer.port, answer.tile, answer.label);
    } catch {
      say("The bench does not answer. Scan again when it does.", false);
    }
  };
  const send = (code) => { queue = queue.then(() => read(code)); }; // in the order of the scans: a port, then what to do

  const stop = (e) => { e.preventDefault(); e.stopImmediatePropagation(); }; // Enter would press a button that has the focus

  addEventListener("keydown", (e) => {
    if (writing(document.activeElement) || e.repeat || e.ctrlKey && !e.altKey || e.metaKey) { typed = ""; return; }
    if (e.key === "Shift" || e.key === "CapsLock" || e.key === "AltGraph" || e.key === "Alt" || e.key === "Control") return;
    const fast = e.timeStamp - last <= gap;
    last = e.timeStamp;
    if (!fast) typed = "";
    if (e.key === "Enter") {
      const code = typed;
      typed = "";
      if (code.length >= shortest) { stop(e); send(code); }
      return;
    }
    if ([...e.key].length !== 1) { typed = ""; return; }
    if (typed) stop(e); // some browsers begin a search at a slash, and scroll at a space
    typed += e.key;
  }, true);

  addEventListener("paste", (e) => {
    const code = e.clipboardData.getData("text").trim();
    if (writing(document.activeElement) || !code || code.length > 300 || code.includes("\n")) return;
    e.preventDefault();
    send(code);
  });

  form.addEventListener("submit", (e) => {
    e.preventDefault();
    if (field.value.trim()) send(field.value);
    field.value = "";
  });
})();
