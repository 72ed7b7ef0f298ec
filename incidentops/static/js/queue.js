/* What is done while the connection is lost waits here, in the order in which it was done, and is sent when the
   server answers again. Each post has a name (X-Once), so that one which arrived without our hearing of it is not
   done twice. What the server then refuses is shown with its words. Approving and publishing never wait. */
(() => {
  "use strict";
  const room = document.querySelector("[data-room]");
  if (!room) return;
  const STORE = `queue:${room.dataset.room}:${room.dataset.person}`;
  const NOW_OR_NEVER = /\/(approve|publish|approve-and-publish)\/?$/;
  const PATIENCE = 20000;
  const GONE = new Set([0, 502, 503, 504]);
  const REFUSED = new Set([400, 403, 404, 409, 413, 422]);
  const box = document.getElementById("waiting");

  const read = () => { try { return JSON.parse(localStorage.getItem(STORE) || "[]"); } catch { return []; } };
  let items = read();
  /* Another tab of this room writes the same list. */
  const catchUp = () => { const stored = read(); if (stored.length) items = stored; };
  const write = () => {
    try { if (items.length) localStorage.setItem(STORE, JSON.stringify(items)); else localStorage.removeItem(STORE); }
    catch { /* private window: they wait as long as the page is open */ }
    draw();
  };
  const name = () => crypto.randomUUID?.() || `${Date.now()}-${Math.random().toString(36).slice(2, 12)}`;
  const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;

  /* --- what waits, and what was refused ------------------------------------------------------------------ */

  const button = (text, act) => {
    const made = document.createElement("button");
    made.type = "button"; made.className = "btn sm"; made.textContent = text;
    made.addEventListener("click", act);
    return made;
  };
  const line = item => {
    const row = document.createElement("li"), words = document.createElement("span"), what = document.createElement("b");
    row.className = "row wrap"; words.className = "grow";
    if (item.refusal) row.dataset.tone = "bad";
    what.textContent = item.what;
    words.append(what, item.words ? ` ${item.words}` : "");
    if (item.refusal) {
      const why = document.createElement("span");
      why.className = "sub"; why.textContent = `Not done: ${item.refusal}`;
      words.append(document.createElement("br"), why);
    }
    row.append(words);
    if (item.refusal && item.words) row.append(button("Copy the words", () => navigator.clipboard?.writeText(item.words)));
    row.append(button(item.refusal ? "Dismiss" : "Discard", () => { items = items.filter(one => one.name !== item.name); write(); }));
    return row;
  };
  function draw() {
    const waiting = items.filter(item => !item.refusal);
    const said = document.querySelector("[data-queue-said]");
    if (said) said.textContent = waiting.length ? `${plural(waiting.length, "action waits", "actions wait")} for the connection.` : "";
    if (!box) return;
    box.hidden = items.length === 0;
    box.querySelector("ul").replaceChildren(...items.map(line));
  }

  /* --- into the queue ------------------------------------------------------------------------------------ */

  const wordsOf = form => [...new FormData(form).entries()]
    .filter(([field, value]) => typeof value === "string" && value.trim() && form.querySelector(`[name="${CSS.escape(field)}"]:not([type=hidden], [type=radio], [type=checkbox], select)`))
    .map(([, value]) => value.trim()).join(" · ");
  const enqueue = config => {
    const form = config.elt.closest("form");
    const body = new URLSearchParams();
    for (const [field, value] of config.formData.entries()) {
      if (value instanceof File) { if (value.size) return "A file cannot wait. Add it again when the connection is back."; } else body.append(field, value);
    }
    const pressed = config.elt.matches("button") ? config.elt : config.triggeringEvent?.submitter || form?.querySelector(".btn");
    catchUp();
    items.push({
      name: config.headers["X-Once"] || name(),
      path: config.path,
      body: body.toString(),
      what: (pressed?.textContent || "Action").trim().replace(/\s+/g, " "),
      words: form ? wordsOf(form).slice(0, 20000) : "",
    });
    if (form) { form.reset(); window.typed?.forget(form); }
    write();
    return "";
  };
  const say = text => window.incidentops?.announce(text);
  const hold = config => {
    if (NOW_OR_NEVER.test(new URL(config.path, location.href).pathname)) {
      say("No answer. Before you repeat it, look again when the connection is back.");
      return;
    }
    const trouble = enqueue(config);
    say(trouble || `Not connected: ${plural(items.filter(item => !item.refusal).length, "action waits", "actions wait")}.`);
    if (trouble) window.incidentops?.showToast({ text: trouble });
  };

  document.addEventListener("htmx:configRequest", event => {
    if (event.detail.verb !== "post") return;
    event.detail.headers["X-Once"] = name();
    event.detail.timeout = PATIENCE;
  });
  document.addEventListener("htmx:beforeRequest", event => {
    const config = event.detail.requestConfig;
    if (config.verb !== "post" || !window.room?.isLost()) return;
    event.preventDefault();
    hold(config);
  });
  const unanswered = event => {
    const config = event.detail.requestConfig;
    if (config?.verb !== "post" || !GONE.has(event.detail.xhr?.status ?? 0)) return;
    hold(config);
    window.room?.lose();
  };
  document.addEventListener("htmx:sendError", unanswered);
  document.addEventListener("htmx:timeout", unanswered);
  document.addEventListener("htmx:responseError", unanswered);
  /* A plain form would leave the room for an error page of the browser. */
  document.addEventListener("submit", event => {
    if (!window.room?.isLost() || event.defaultPrevented || event.target.method !== "post") return;
    event.preventDefault();
    say("Not connected. Nothing was sent; what you typed is kept.");
  });

  /* --- out of the queue ---------------------------------------------------------------------------------- */

  const sentenceOf = html => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const told = page.querySelector("[data-tone=bad] p, .notice[data-tone=bad], .err, [role=alert], p");
    return (told?.textContent || "The server refused it.").trim().replace(/\s+/g, " ").slice(0, 300);
  };
  const send = async item => {
    const body = new URLSearchParams(item.body);
    const token = document.querySelector("[name=csrfmiddlewaretoken]");
    if (token) body.set("csrfmiddlewaretoken", token.value);
    const answer = await fetch(item.path, {
      method: "POST", body, redirect: "manual", headers: { "HX-Request": "true", "X-Once": item.name },
    });
    if (answer.ok) return "done";
    if (answer.type === "opaqueredirect") return "signed out";
    if (REFUSED.has(answer.status)) { item.refusal = sentenceOf(await answer.text()); return "refused"; }
    return "later";
  };
  let isSending = false;
  const flush = async () => {
    if (isSending) return;
    isSending = true;
    let done = 0, refused = 0;
    try {
      catchUp();
      for (const item of items.filter(one => !one.refusal)) {
        const how = await send(item);
        if (how === "later") break;
        if (how === "signed out") { say("You are signed out. Sign in, then what waits is sent."); break; }
        if (how === "done") { items = items.filter(one => one.name !== item.name); done += 1; } else refused += 1;
        write();
      }
    } catch { /* lost again: it goes on when the connection is back */ }
    isSending = false;
    draw();
    if (done) {
      window.incidentops?.showToast({ text: `${plural(done, "action was", "actions were")} sent.` });
      window.htmx?.trigger(document.body, "incident-changed");
      window.htmx?.trigger(document.body, "incident-noted");
    }
    if (refused) say(`${plural(refused, "action was", "actions were")} refused. Your words are kept above.`);
  };

  /* --- approving and publishing: off while what one sees is old -------------------------------------------- */

  const mark = within => {
    const lost = Boolean(window.room?.isLost());
    for (const el of within.querySelectorAll("button, input[type=submit]")) {
      const to = el.getAttribute("formaction") || el.closest("form")?.getAttribute("action") || "";
      if (!NOW_OR_NEVER.test(to)) continue;
      if (lost && !el.disabled) { el.disabled = true; el.dataset.held = ""; el.title = "Waits until the connection is back"; }
      if (!lost && "held" in el.dataset) { el.disabled = false; delete el.dataset.held; el.removeAttribute("title"); }
    }
  };
  document.addEventListener("room:lost", () => { mark(document); draw(); });
  document.addEventListener("room:back", () => { mark(document); flush(); });
  document.addEventListener("htmx:afterSwap", event => mark(event.detail.target));
  document.addEventListener("room:heard", () => { if (items.some(item => !item.refusal)) flush(); });
  addEventListener("storage", event => { if (event.key === STORE) { items = read(); draw(); } });
  draw();
})();
