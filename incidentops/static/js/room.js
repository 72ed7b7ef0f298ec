/* The live room: new timeline rows arrive over server-sent events, or by polling where those do not pass.
   Nothing moves under the hand: the header refreshes itself, new rows wait behind a button. When the server is
   not heard, the page says how old it is. */
(() => {
  "use strict";
  const POLL_EVERY = 3000, PATIENCE = 5000;
  /* The stream says every five seconds that it is alive (live.PING_EVERY). */
  const FIRST_WORD = 2500, SILENT_AFTER = 8000, STALE_AFTER = 10000, LISTEN_AGAIN = 30000;
  const LIVE = ".room-clocks, .roster, #timeline .sitrep, #timeline .tl, .duties";
  const room = document.querySelector("[data-room]");
  if (!room) return;
  const all = selector => [...document.querySelectorAll(selector)];
  const timeline = () => document.getElementById("timeline");
  const last = () => Number(timeline()?.dataset.last || 0);
  const told = new Set();
  let newest = last(), heardAt = Date.now(), streamedAt = 0, isLost = false;
  let source = null, poller = null, again = null;
  const tell = name => document.dispatchEvent(new CustomEvent(name));

  /* --- heard, or lost -------------------------------------------------------------------------------------- */

  const bar = document.getElementById("stale");
  const ageOf = ms => ms < 90000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60000)} min`;
  const heard = () => {
    heardAt = Date.now();
    if (isLost) {
      isLost = false;
      bar.hidden = true;
      room.classList.remove("is-stale");
      for (const part of all("[data-age]")) { delete part.dataset.age; part.classList.remove("dimmed"); }
      tell("room:back");
      refresh();
    }
    tell("room:heard");
  };
  const lose = () => {
    if (!isLost) {
      isLost = true;
      bar.hidden = false;
      room.classList.add("is-stale");
      tell("room:lost");
    }
    const age = ageOf(Date.now() - heardAt);
    bar.querySelector("[data-stale-age]").textContent = age;
    for (const part of all(LIVE)) { part.dataset.age = `${age} old`; part.classList.add("dimmed"); }
  };
  window.room = { isLost: () => isLost, lose };

  /* --- news ------------------------------------------------------------------------------------------------ */

  const showWaiting = () => {
    /* Numbers may skip: rows for the response team are not sent to others. */
    const waiting = [...told].filter(number => number > last()).length;
    const news = document.querySelector(".tl-news");
    if (!news) return;
    news.hidden = waiting === 0;
    news.querySelector("[data-news]").textContent = waiting;
    const said = document.querySelector("[data-news-said]");
    if (said) said.textContent = waiting ? `${waiting} new timeline ${waiting === 1 ? "entry" : "entries"}` : "";
  };
  let pending = null;
  /* Several facts often come together: header and console ask once for all of them. */
  const refresh = () => {
    clearTimeout(pending);
    pending = setTimeout(() => window.htmx?.trigger(document.body, "incident-news"), 250);
  };
  const news = numbers => {
    const fresh = numbers.filter(number => number > newest);
    if (!fresh.length) return;
    for (const number of fresh) told.add(number);
    newest = Math.max(...fresh);
    showWaiting();
    refresh();
  };

  /* --- by polling ------------------------------------------------------------------------------------------ */

  let isAsking = false;
  const poll = async () => {
    if (isAsking) return;
    isAsking = true;
    try {
      const answer = await fetch(`${room.dataset.timeline}?after=${newest}`,
        { headers: { "HX-Request": "true" }, redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
      if (answer.type === "opaqueredirect") { window.incidentops?.saySignedOut(); return; }
      /* Not shared any more: the page itself says it better. */
      if (answer.status === 404) { location.reload(); return; }
      if (!answer.ok) return;
      heard();
      if (answer.status === 204) return;
      const rows = new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll("[data-number]");
      news([...rows].map(row => Number(row.dataset.number)));
    } catch { /* the bar says it */ } finally { isAsking = false; }
  };
  const startPolling = () => {
    if (poller) return;
    poller = setInterval(poll, POLL_EVERY);
    poll();
  };
  const stopPolling = () => { clearInterval(poller); poller = null; };

  /* --- by stream ------------------------------------------------------------------------------------------- */

  const streamed = () => { streamedAt = Date.now(); stopPolling(); heard(); };
  const listen = () => {
    clearTimeout(again);
    source?.close();
    source = new EventSource(`${room.dataset.stream}?after=${newest}`);
    const mine = source, begun = Date.now();
    /* A proxy that gathers what it passes on answers, and says nothing. */
    setTimeout(() => { if (mine === source && streamedAt < begun) startPolling(); }, FIRST_WORD);
    source.addEventListener("ping", streamed);
    source.addEventListener("entry", event => { streamed(); news([Number(event.lastEventId)]); });
    source.addEventListener("closed", () => { source.close(); location.reload(); });
    source.addEventListener("error", () => {
      startPolling();
      if (source.readyState === EventSource.CLOSED) again = setTimeout(listen, LISTEN_AGAIN);
    });
  };

  setInterval(() => {
    const now = Date.now();
    if (!poller && now - streamedAt > SILENT_AFTER) startPolling();
    /* Open, but dead for half a minute: begin anew beside the polling. */
    if (source?.readyState === EventSource.OPEN && now - streamedAt > LISTEN_AGAIN) { streamedAt = now; listen(); }
    if (now - heardAt >= STALE_AFTER) lose();
  }, 1000);
  const tryNow = () => { poll(); if (Date.now() - streamedAt > SILENT_AFTER) listen(); };
  addEventListener("online", tryNow);
  addEventListener("offline", startPolling);

  document.addEventListener("click", event => {
    if (event.target.closest("[data-try-now]")) tryNow();
    if (!event.target.closest("[data-show-news]")) return;
    const at = timeline();
    const query = new URLSearchParams({ seen: last() });
    if (at.dataset.kind) query.set("kind", at.dataset.kind);
    window.htmx.ajax("GET", `${room.dataset.timeline}?${query}`, { target: "#timeline", swap: "outerHTML" });
  });
  document.addEventListener("htmx:afterSwap", () => {
    newest = Math.max(newest, last());
    showWaiting();
    if (isLost) lose();
  });
  document.addEventListener("htmx:afterOnLoad", event => { if (event.detail.xhr.status < 500) heard(); });
  addEventListener("pagehide", () => { source?.close(); stopPolling(); });
  addEventListener("pageshow", event => { if (event.persisted) { poll(); listen(); } });

  /* --- the header leaves room for the work once somebody reads ---------------------------------------------- */

  const isLow = matchMedia("(max-height: 56.25rem) and (min-width: 52.01rem)");
  let collapsedAt = 0;
  const fold = () => {
    const down = Math.max(0, ...all(".pane").map(pane => pane.scrollTop));
    const isFolded = room.classList.contains("is-folded");
    const fold = isLow.matches && (isFolded ? down > 4 : down > 90);
    /* Folding changes what can be scrolled: without a pause the two would chase each other. */
    if (fold === isFolded || Date.now() - collapsedAt < 250) return;
    collapsedAt = Date.now();
    room.classList.toggle("is-folded", fold);
  };
  for (const pane of all(".pane")) pane.addEventListener("scroll", fold, { passive: true });
  isLow.addEventListener("change", fold);

  listen();
})();
