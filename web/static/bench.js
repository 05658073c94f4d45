// The live bench. The server draws; this puts what it drew in its place, part by part, so that focus and motion stay
// where nothing changed. Without this file the page reloads itself.
"use strict";
(() => {
  const bench = document.getElementById("bench");
  const strip = document.getElementById("strip");
  const said = document.getElementById("said");
  const live = document.getElementById("live");
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

  const patch = (old, tile) => {
    copyAttributes(old, tile);
    for (const part of tile.querySelectorAll("[data-part]")) {
      const had = old.querySelector(`[data-part="${part.dataset.part}"]`);
      if (!had) { old.replaceWith(tile); start(tile); return; }
      if (had.sent === part.outerHTML || (!had.sent && had.outerHTML === part.outerHTML)) continue;
      const sent = part.outerHTML;
      const focused = had.contains(document.activeElement) && document.activeElement.form?.getAttribute("action");
      had.replaceWith(part);
      part.sent = sent;
      start(part);
      if (focused) (part.querySelector(`form[action="${focused}"] button`) || old).focus(); // never another button
    }
  };

  const show = (tile) => {
    const old = document.getElementById(tile.id);
    if (!old) {
      bench.append(tile);
      start(tile);
      return say(tile);
    }
    const word = old.dataset.word;
    patch(old, tile);
    if (word !== tile.dataset.word) say(tile);
  };

  const say = (tile) => { said.textContent = `${tile.dataset.label}: ${tile.dataset.word}`; };

  const sum = (html) => {
    const fresh = drawn(html);
    const waiting = Number(fresh.firstElementChild.dataset.waiting);
    if (strip.innerHTML !== html) strip.replaceChildren(fresh);
    document.title = waiting ? `(${waiting}) ${title}` : title;
  };

  const snapshot = (all) => {
    if (all.boot !== bench.dataset.boot) return location.reload(); // another process: its page may be another too
    const tiles = [...drawn(all.html).children];
    const ids = new Set(tiles.map((t) => t.id));
    for (const old of [...bench.children]) if (!ids.has(old.id)) old.remove();
    tiles.forEach((tile, i) => {
      const id = tile.id;
      show(tile);
      const here = document.getElementById(id);
      if (bench.children[i] !== here) bench.insertBefore(here, bench.children[i] || null);
    });
    sum(all.strip);
  };

  const connected = (yes) => {
    live.hidden = yes;
    if (!yes) live.textContent = "The bench does not answer. This page tries again by itself.";
    bench.toggleAttribute("data-stale", !yes);
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
    on("strip", (ev) => sum(ev.strip));
  };

  setInterval(() => {
    if (performance.now() - heard > silence) { connected(false); listen(); }
  }, 5000);

  // Buttons act without leaving the page. What is refused is said where everybody looks.
  bench.addEventListener("submit", async (e) => {
    e.preventDefault();
    const form = e.target;
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    try {
      const body = new URLSearchParams(new FormData(form, e.submitter));
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (answer.ok) live.hidden = true;
      else {
        live.hidden = false;
        live.textContent = (await answer.json()).error;
        said.textContent = live.textContent;
      }
    } catch {
      connected(false);
    } finally {
      form.ariaBusy = "false";
    }
  });

  start(bench);
  listen();
})();
