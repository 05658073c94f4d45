// What a form does while it is sent. A second press sends nothing; when the server cannot be reached the page says so and
// stays, with what was typed. Without this file the browser does all of it in its own way.
"use strict";
(() => {
  const away = document.getElementById("offline");
  const patience = 5000; // milliseconds until a server that says nothing is not there

  const free = () => document.querySelectorAll("form[aria-busy]").forEach((f) => f.removeAttribute("aria-busy"));
  const tell = (gone) => { away.hidden = !gone; };

  async function reached() {
    try {
      const answer = await fetch("/healthz", { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(patience) });
      return answer.status < 502; // a proxy that stands in front answers for a server that is not there
    } catch {
      return false;
    }
  }

  addEventListener("submit", async (event) => { // after the scripts that send a form themselves
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
    if (form.dataset.sure) {
      delete form.dataset.sure;
      return;
    }
    event.preventDefault();
    if (form.getAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    const there = await reached();
    tell(!there);
    if (!there) return free();
    form.dataset.sure = "yes";
    form.requestSubmit(event.submitter);
  });
  addEventListener("pageshow", free); // back again: the browser kept the page as it was
  addEventListener("offline", () => tell(true));
  addEventListener("online", () => tell(false));
})();
