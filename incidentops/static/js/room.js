/* The live room: new timeline rows arrive over server-sent events, or by polling where those do not pass.
   Nothing moves under the hand: the header refreshes itself, new rows wait behind a button. */
(() => {
  "use strict";
  const POLL_EVERY = 3000, STALE_AFTER = 10000, TRIES = 3;
  const room = document.querySelector("[data-room]");
  if (!room) return;
  const timeline = () => document.getElementById("timeline");
  const last = () => Number(timeline()?.dataset.last || 0);
  let newest = last(), heardAt = Date.now(), failures = 0, source = null, poller = null;

  const heard = () => {
    heardAt = Date.now();
    const bar = document.getElementById("stale");
    if (bar && !bar.hidden) { bar.hidden = true; room.classList.remove("is-stale"); }
  };
  const showWaiting = () => {
    const waiting = Math.max(newest - last(), 0);
    const bar = document.querySelector(".tl-news");
    if (!bar) return;
    bar.hidden = waiting === 0;
    bar.querySelector("[data-news]").textContent = waiting;
    const said = document.querySelector("[data-news-said]");
    if (said) said.textContent = waiting ? `${waiting} new timeline ${waiting === 1 ? "entry" : "entries"}` : "";
  };
  let pending = null;
  const news = number => {
    if (number <= newest) return;
    newest = number;
    showWaiting();
    /* Several facts often come together: the header asks once for all of them. */
    clearTimeout(pending);
    pending = setTimeout(() => window.htmx?.trigger(document.body, "incident-news"), 250);
  };

  const poll = async () => {
    try {
      const answer = await fetch(`${room.dataset.timeline}?after=${newest}`, { headers: { "HX-Request": "true" } });
      if (!answer.ok) return;
      heard();
      if (answer.status === 204) return;
      const rows = new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll("[data-number]");
      if (rows.length) news(Math.max(...[...rows].map(row => Number(row.dataset.number))));
    } catch { /* the stale bar says it */ }
  };

  const listen = () => {
    source = new EventSource(`${room.dataset.stream}?after=${newest}`);
    source.addEventListener("open", () => { failures = 0; heard(); clearInterval(poller); poller = null; });
    source.addEventListener("entry", event => { heard(); news(Number(event.lastEventId)); });
    source.addEventListener("closed", () => { source.close(); location.reload(); });
    source.addEventListener("error", () => {
      failures += 1;
      if (failures >= TRIES || source.readyState === EventSource.CLOSED) {
        source.close();
        poller ||= setInterval(poll, POLL_EVERY);
        setTimeout(listen, 30000);
      }
    });
  };

  /* A silent stream is alive: its pings are not events, so ask the page's own state instead. */
  setInterval(() => {
    if (source?.readyState === EventSource.OPEN) heardAt = Date.now();
    if (Date.now() - heardAt < STALE_AFTER) return;
    const bar = document.getElementById("stale");
    if (!bar) return;
    bar.hidden = false;
    bar.querySelector("[data-stale-since]").textContent = `${new Date(heardAt).toISOString().slice(11, 16)} UTC`;
    room.classList.add("is-stale");
  }, 1000);

  document.addEventListener("click", event => {
    if (!event.target.closest("[data-show-news]")) return;
    const at = timeline();
    const query = new URLSearchParams({ seen: last() });
    if (at.dataset.kind) query.set("kind", at.dataset.kind);
    window.htmx.ajax("GET", `${room.dataset.timeline}?${query}`, { target: "#timeline", swap: "outerHTML" });
  });
  document.addEventListener("htmx:afterSwap", () => {
    newest = Math.max(newest, last());
    showWaiting();
  });
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", event => { if (event.persisted) listen(); });

  listen();
})();
