// The live bench. The server draws; this puts what it drew in its place, part by part, so that focus and motion stay
// where nothing changed. Without this file the page reloads itself.
"use strict";
(() => {
  const bench = document.getElementById("bench");
  const strip = document.getElementById("strip");
  const session = document.getElementById("session");
  const said = document.getElementById("said");
  const live = document.getElementById("live");
  const only = bench.dataset.alone; // the page of one port
  const title = document.title;
  const silence = 40000; // two beats and a half
  let source, heard = 0;

  const drawn = (html) => {
    const t = document.createElement("template");
    t.innerHTML = html; // the server's own, escaped there
    return t.content;
  };

  // Elapsed times run here, from what the server said, whatever the two clocks show.
  const clock = (s) => (s < 3600 ? "" : Math.floor(s / 3600) + ":") +
    (s < 3600 ? Math.floor(s / 60) : String(Math.floor(s / 60) % 60).padStart(2, "0")) + ":" + String(s % 60).padStart(2, "0");
  const start = (root) => root.querySelectorAll("[data-elapsed]").forEach((e) => {
    e.began = performance.now() - 1000 * Number(e.dataset.elapsed);
  });
  setInterval(() => bench.querySelectorAll("[data-elapsed]").forEach((e) => {
    const text = clock(Math.floor((performance.now() - e.began) / 1000));
    if (e.textContent !== text) e.textContent = text;
  }), 250);

  const copyAttributes = (to, from) => {
    for (const a of [...to.attributes]) if (!from.hasAttribute(a.name)) to.removeAttribute(a.name);
    for (const a of from.attributes) if (to.getAttribute(a.name) !== a.value) to.setAttribute(a.name, a.value);
  };

  // What a button or link does, so that focus goes on to the same one when it is drawn anew, and never to another.
  const names = (e) => {
    if (e.matches("summary")) return "summary";
    if (e.matches("a")) return "a " + e.getAttribute("href");
    return e.form ? [e.form.getAttribute("action"), e.form.elements.on?.value, e.value].join(" ") : "";
  };

  // replace puts a part in the place of another. Open menus stay open, and focus stays where it was.
  const replace = (had, part, orElse) => {
    const focused = had.contains(document.activeElement) && names(document.activeElement);
    const open = had.querySelector("details[open]");
    had.replaceWith(part);
    if (open) part.querySelector(`details.${open.className}`)?.setAttribute("open", "");
    start(part);
    if (focused === false) return;
    const same = focused && [...part.querySelectorAll("a, button, summary")].find((e) => names(e) === focused);
    (same || orElse).focus();
  };

  const patch = (old, tile) => {
    copyAttributes(old, tile);
    for (const part of tile.querySelectorAll("[data-part]")) {
      const had = old.querySelector(`[data-part="${part.dataset.part}"]`);
      const sent = part.outerHTML;
      if (had.sent === sent || (!had.sent && had.outerHTML === sent)) continue;
      part.sent = sent;
      replace(had, part, old);
    }
  };

  const rank = (tile) => Number(tile.dataset.place) || Infinity;
  const before = (a, b) => rank(a) < rank(b) ||
    (rank(a) === rank(b) && a.dataset.label.localeCompare(b.dataset.label, "en", { numeric: true }) < 0);

  // place moves a tile to where its port stands on the hub.
  const place = (tile) => {
    const next = [...bench.children].find((other) => other !== tile && before(tile, other)) || null;
    if (tile.parentNode === bench && (tile.nextElementSibling === next)) return;
    const focused = tile.contains(document.activeElement) && document.activeElement;
    bench.insertBefore(tile, next);
    if (focused) focused.focus();
  };

  const show = (tile) => {
    if (only && tile.id !== only) return;
    const old = document.getElementById(tile.id);
    if (!old) {
      place(tile);
      start(tile);
      return say(tile);
    }
    const word = old.dataset.word;
    const moved = old.dataset.place !== tile.dataset.place;
    patch(old, tile);
    if (moved) place(old);
    if (word !== tile.dataset.word) say(tile);
    if (only) around();
  };

  const say = (tile) => { said.textContent = `${tile.dataset.label}: ${tile.dataset.word}`; };

  const head = (all) => {
    if (!strip) return;
    const fresh = drawn(all.strip);
    const waiting = Number(fresh.firstElementChild.dataset.waiting);
    if (strip.sent !== all.strip) { strip.sent = all.strip; strip.replaceChildren(fresh); }
    document.title = waiting ? `(${waiting}) ${title}` : title;
    if (session.sent === all.session || (!session.sent && session.innerHTML === all.session)) return;
    session.sent = all.session;
    const box = drawn(all.session).firstElementChild;
    if (box && session.firstElementChild) replace(session.firstElementChild, box, document.getElementById("main"));
  };

  const snapshot = (all) => {
    if (all.boot !== bench.dataset.boot) return location.reload(); // another process: its page may be another too
    const tiles = [...drawn(all.html).children];
    const ids = new Set(tiles.map((t) => t.id));
    for (const old of [...bench.children]) if (!ids.has(old.id)) old.remove();
    tiles.forEach(show);
    head(all);
  };

  // The page of one port shows more than its tile: what it said, and what can be done.
  let asked;
  const around = () => {
    clearTimeout(asked);
    asked = setTimeout(async () => {
      const answer = await fetch(location.pathname).catch(() => null);
      if (!answer?.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["told", "acts", "nextkey"]) {
        const had = document.getElementById(id), part = page.getElementById(id);
        if (had && part && had.innerHTML !== part.innerHTML) replace(had, part, document.getElementById("main"));
      }
    }, 150);
  };

  const tell = (text, well) => {
    live.hidden = false;
    live.classList.toggle("told", well);
    live.textContent = text;
    said.textContent = text;
  };
  const quiet = () => { live.hidden = true; };

  let lost = false;
  const connected = (yes) => {
    if (yes === !lost) return;
    lost = !yes;
    if (yes) quiet(); else tell("The bench does not answer. This page tries again by itself.", false);
    bench.toggleAttribute("data-stale", lost);
  };

  const on = (name, act) => source.addEventListener(name, (e) => {
    heard = performance.now();
    connected(true);
    act(JSON.parse(e.data));
  });

  const listen = () => {
    source?.close();
    heard = performance.now();
    source = new EventSource(`/bench/events?boot=${bench.dataset.boot}`);
    source.onerror = () => {
      connected(false);
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000); // the browser gave up; we do not
    };
    on("snapshot", snapshot);
    on("tile", (ev) => show(drawn(ev.html).firstElementChild));
    on("strip", head);
  };

  setInterval(() => {
    if (performance.now() - heard > silence) { connected(false); listen(); }
  }, 5000);

  const shut = (root) => root.querySelectorAll("details[open]").forEach((d) => {
    const inside = d.contains(document.activeElement);
    d.open = false;
    if (inside) d.querySelector("summary").focus();
  });

  // Buttons act without leaving the page. What is refused is said where everybody looks.
  document.addEventListener("submit", async (e) => {
    const form = e.target;
    if (e.defaultPrevented || form.method !== "post" || !/^\/(bench|rework)\//.test(new URL(form.action).pathname)) return; // signing out leaves
    e.preventDefault();
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    try {
      const body = new URLSearchParams(new FormData(form, e.submitter));
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (answer.ok) {
        if (form.dataset.done) tell(form.dataset.done, true); else quiet();
        const menu = form.closest("details");
        if (menu) shut(menu.parentNode);
        if (only) around();
      } else tell((await answer.json()).error, false);
    } catch {
      connected(false);
    } finally {
      form.ariaBusy = "false";
    }
  });

  // One menu is open at a time; Escape and a click beside it close it.
  document.addEventListener("keydown", (e) => { if (e.key === "Escape") shut(document); });
  document.addEventListener("click", (e) => {
    document.querySelectorAll("details[open].drop, details[open].more").forEach((d) => { if (!d.contains(e.target)) d.open = false; });
  });

  start(bench);
  listen();
})();
