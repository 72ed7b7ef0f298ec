/* What script adds to every signed-in page: clocks that run, the theme, shortcuts, copying, and care for
   what is being typed while the page refreshes itself. Every page works without it. */
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const server = document.querySelector('meta[name="server-time"]');
  /* The server's clock is the one that counts: a laptop's may be minutes off. */
  const skew = server ? Date.parse(server.content) - Date.now() : 0;
  const now = () => Date.now() + skew;

  /* Controls that do nothing without script are hidden until there is some. */
  const reveal = within => {
    for (const el of all("[data-theme-toggle], [data-copy], [data-print], [data-needs-script]", within)) el.hidden = false;
    if (window.PublicKeyCredential) for (const el of all("[data-passkeys]", within)) el.hidden = false;
  };

  /* --- clocks: <time data-elapsed> counts up, <time data-due> counts down and flips to overdue ---------- */

  const pad = n => String(n).padStart(2, "0");
  const clock = seconds => {
    const sign = seconds < 0 ? "-" : "";
    const s = Math.abs(seconds), hours = Math.floor(s / 3600), minutes = Math.floor(s / 60) % 60;
    if (hours >= 48) return `${sign}${Math.floor(hours / 24)} d ${hours % 24} h`;
    return sign + (hours ? `${hours}:${pad(minutes)}:${pad(s % 60)}` : `${pad(minutes)}:${pad(s % 60)}`);
  };
  const announced = new Set();
  const announce = text => { const el = document.getElementById("announce"); if (el) el.textContent = text; };
  const tellDue = (el, left) => {
    const step = left < 0 ? "overdue" : left <= 60 ? "due in 1 minute" : left <= 300 ? "due in 5 minutes" : "";
    const key = el.dateTime + step;
    if (step && !announced.has(key)) { announced.add(key); announce(`${el.dataset.due || "Update"} ${step}`); }
  };
  const markOverdue = el => {
    const promise = el.closest(".due, .timer"), row = el.closest("[data-due-row]");
    if (promise) { promise.dataset.tone = "bad"; promise.classList.toggle("over", promise.matches(".due")); }
    if (row) row.dataset.tone = "bad";
  };
  const countOverdue = lane => {
    const count = lane.querySelector("[data-overdue-count]");
    if (!count) return;
    const late = all("[data-due-row] time.late", lane).length;
    count.hidden = late === 0;
    if (late) count.textContent = `${late} overdue`;
  };
  let nextDue = 0;
  const tick = () => {
    let soonest = Infinity;
    for (const el of all("time[data-elapsed], time[data-due]")) {
      const past = now() - Date.parse(el.dateTime), seconds = Math.trunc(past / 1000);
      const shown = clock("elapsed" in el.dataset ? seconds : -seconds);
      if (el.textContent !== shown) el.textContent = shown;
      if (!("due" in el.dataset)) continue;
      const isLate = past >= 0;
      el.classList.toggle("late", isLate);
      if (isLate) markOverdue(el); else soonest = Math.min(soonest, -past);
      tellDue(el, isLate ? -1 : -seconds);
    }
    all("[data-lane]").forEach(countOverdue);
    /* What falls due between two ticks turns at its instant. */
    clearTimeout(nextDue);
    if (soonest < 1000) nextDue = setTimeout(tick, soonest + 5);
  };

  /* --- theme: a cookie, so that the server writes it into the page and nothing flashes ------------------ */

  const toggleTheme = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax${location.protocol === "https:" ? ";secure" : ""}`;
  };

  const copy = async button => {
    const source = document.getElementById(button.dataset.copy);
    if (!source || !navigator.clipboard) return;
    await navigator.clipboard.writeText("value" in source ? source.value : source.textContent.trim());
    announce("Copied");
    const said = button.querySelector("[data-copied]") || button;
    const before = said.textContent;
    said.textContent = "Copied";
    setTimeout(() => { said.textContent = before; }, 2000);
  };

  document.addEventListener("click", event => {
    const target = event.target.closest("[data-theme-toggle], [data-copy], [data-print], [data-dismiss], [data-focus]");
    if (!target) return;
    if ("themeToggle" in target.dataset) toggleTheme();
    if ("copy" in target.dataset) copy(target);
    if ("print" in target.dataset) { target.closest("[popover]")?.hidePopover(); print(); }
    if ("dismiss" in target.dataset) target.closest(target.dataset.dismiss)?.remove();
    if ("focus" in target.dataset) document.getElementById(target.dataset.focus)?.focus();
  });

  /* --- shortcuts: the markup says which key, so a key exists exactly where its target does -------------- */

  const keysOff = () => { try { return localStorage.getItem("single-keys") === "off"; } catch { return false; } };
  const typing = el => el.matches("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
  const seen = el => el.checkVisibility ? el.checkVisibility() : el.offsetParent !== null;
  const press = el => {
    if (typing(el) || "pressFocuses" in el.dataset) el.focus();
    else if (el.matches("a, button, summary, input")) { el.focus(); el.click(); }
    else el.focus();
  };
  let first = "", firstAt = 0;
  const ITEMS = "[data-item], .tl-item[data-number]";
  const itemAt = () => document.activeElement.closest(ITEMS);
  const moveBy = step => {
    const items = all(ITEMS).filter(seen);
    if (!items.length) return;
    const here = itemAt();
    /* From outside, begin with what is on the screen. */
    const at = here ? items.indexOf(here) : items.findIndex(item => item.getBoundingClientRect().bottom > 0) - (step > 0 ? 1 : 0);
    const next = items[Math.min(Math.max(at + step, 0), items.length - 1)];
    const target = next.matches("a, button, [tabindex]") ? next : next.querySelector("a, button, summary, input:not([type=hidden])");
    if (!target) next.tabIndex = -1;
    (target || next).focus();
  };
  const select = () => {
    const tick = itemAt()?.querySelector("input[type=checkbox]");
    if (tick) tick.click();
    return Boolean(tick);
  };
  /* What can be seen comes first; a link works from a closed menu as well. */
  const find = key => {
    const known = all("[aria-keyshortcuts]").filter(el => el.getAttribute("aria-keyshortcuts").split(" ").includes(key));
    return known.find(seen) || known.find(el => el.matches("a[href]"));
  };

  const showShortcuts = () => {
    const dialog = document.getElementById("shortcuts");
    const list = document.getElementById("shortcut-list");
    if (!dialog || dialog.open) return;
    list.replaceChildren();
    const rows = [["?", "This list"], ["J, K", "Next, previous item"], ["Ctrl+Enter", "Send the form you are in"]];
    if (document.querySelector("[data-item] input[type=checkbox]")) rows.push(["X", "Select the item"]);
    for (const el of all("[aria-keyshortcuts], [data-keys]").filter(el => seen(el) || el.matches("a[href]"))) {
      const keys = el.dataset.keys?.toUpperCase().replace(" ", " then ") || el.getAttribute("aria-keyshortcuts");
      const label = el.getAttribute("aria-label") || el.labels?.[0]?.textContent || el.title || el.textContent;
      rows.push([keys, label.trim().replace(/\s+/g, " ").slice(0, 60)]);
    }
    for (const [keys, label] of rows) {
      const dt = document.createElement("dt"), kbd = document.createElement("kbd"), dd = document.createElement("dd");
      kbd.textContent = keys; dt.append(kbd); dd.textContent = label; list.append(dt, dd);
    }
    document.getElementById("single-keys").checked = !keysOff();
    dialog.showModal();
  };

  document.addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
      const form = event.target.closest("form");
      if (form) { event.preventDefault(); form.requestSubmit(form.querySelector(".btn.primary, .btn.danger") || undefined); }
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]") || keysOff() && event.key !== "?") return;
    const key = event.key.toLowerCase();
    if (key === "?") { event.preventDefault(); showShortcuts(); return; }
    if (first && Date.now() - firstAt < 1200) {
      const pair = `${first} ${key}`;
      first = "";
      const target = all("[data-keys]").find(el => el.dataset.keys === pair);
      if (target) { event.preventDefault(); target.click(); return; }
    }
    if (key === "g") { first = key; firstAt = Date.now(); return; }
    if (key === "j" || key === "k") { moveBy(key === "j" ? 1 : -1); return; }
    if (key === "x" && select()) { event.preventDefault(); return; }
    const target = find(event.key.toUpperCase());
    if (target) { event.preventDefault(); press(target); }
  });
  document.addEventListener("change", event => {
    if (event.target.id !== "single-keys") return;
    try { localStorage.setItem("single-keys", event.target.checked ? "on" : "off"); } catch { /* private window */ }
  });

  /* --- refreshing: never swap what has focus or holds unsaved words -------------------------------------- */

  const unsaved = el => all("input, textarea, select", el).some(field => {
    if (field.type === "hidden" || field.type === "submit") return false;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") return [...field.options].some(option => option.selected !== option.defaultSelected) && field.selectedIndex > 0;
    return field.value !== field.defaultValue;
  });
  const busy = el => el.contains(document.activeElement) && typing(document.activeElement) || unsaved(el);

  /* Where the keyboard was, in words that fit the same control of the piece that comes. */
  const signature = el => `${el.tagName} ${el.id || [el.name, el.getAttribute("href"), el.getAttribute("formaction") || el.closest("form")?.getAttribute("action"), el.textContent.trim()].join("|")}`;
  /* Signed out meanwhile: the way in opens beside this page, so that what is typed here stays. */
  const saySignedOut = () => {
    const notices = document.getElementById("notices");
    if (!notices || document.getElementById("signed-out")) return;
    const notice = document.createElement("p"), link = document.createElement("a");
    notice.className = "notice"; notice.id = "signed-out"; notice.dataset.tone = "caution"; notice.setAttribute("role", "alert");
    link.href = "/accounts/login/"; link.target = "_blank"; link.rel = "noopener"; link.textContent = "Sign in again";
    notice.append("You are signed out. ", link, " in another tab; what you typed here stays.");
    notices.replaceChildren(notice);
  };
  /* What somebody unfolded stays so when the page refreshes the piece by itself. */
  let owed = false, held = null, focused = "", unfolded = [];
  /* A dialog that stands open in a piece would go with it. */
  const opened = el => el.querySelector("dialog[open], :popover-open");
  document.addEventListener("htmx:beforeSwap", event => {
    const { target, requestConfig } = event.detail;
    if (new URL(event.detail.xhr.responseURL || location.href).pathname === "/accounts/login/") {
      event.detail.shouldSwap = false;
      saySignedOut();
      return;
    }
    focused = target.contains(document.activeElement) ? signature(document.activeElement) : "";
    unfolded = requestConfig.elt === target ? all("details[open] > summary", target).map(signature) : [];
    /* Asked for by a person: swap. Asked for by the page itself: only where no hand is. */
    if (event.detail.xhr.status >= 400 || requestConfig.elt !== target) return;
    if (target.querySelector(".htmx-request")) {
      /* A form in it waits for its answer, which would find no place to go: refresh after that. */
      event.detail.shouldSwap = false;
      owed = true;
    } else if (opened(target)) {
      event.detail.shouldSwap = false;
      owed = true;
      held = target;
    } else if ("guard" in target.dataset && busy(target)) {
      event.detail.shouldSwap = false;
      const note = document.getElementById(target.dataset.guard);
      if (note) note.hidden = false;
    }
  });
  const settle = () => {
    if (!owed || document.querySelector("form.htmx-request") || held?.isConnected && opened(held)) return;
    owed = false;
    held = null;
    setTimeout(() => window.htmx.trigger(document.body, "incident-news"), 0);
  };
  document.addEventListener("htmx:afterRequest", settle);
  /* Neither of the two bubbles. */
  document.addEventListener("toggle", event => { if (event.newState === "closed") settle(); }, true);
  document.addEventListener("close", settle, true);
  document.addEventListener("htmx:afterSwap", event => {
    reveal(event.detail.target);
    tick();
    if (event.detail.target.id === "notices" && event.detail.target.childElementCount) {
      event.detail.target.scrollIntoView({ block: "nearest" });
    }
    const place = event.detail.target.isConnected ? event.detail.target : document;
    all("details:not([open]) > summary", place).filter(el => unfolded.includes(signature(el)))
      .forEach(el => { el.parentElement.open = true; });
    unfolded = [];
    if (!focused || document.activeElement !== document.body) return;
    all("a, button, summary, input, [tabindex]", place)
      .find(el => signature(el) === focused)?.focus({ preventScroll: true });
  });
  /* In a room what got no answer waits (queue.js). */
  document.addEventListener("htmx:sendError", () => { if (!window.room) announce("The server did not answer. Nothing was changed."); });
  document.addEventListener("htmx:responseError", () => announce("The server could not do it. Nothing was changed."));
  /* A refused form keeps what was typed; a stale notice from the time before goes. */
  document.addEventListener("htmx:beforeRequest", event => {
    if (event.detail.requestConfig.verb !== "get") document.getElementById("notices")?.replaceChildren();
  });

  /* --- toasts: HX-Trigger {"toast": {"text": …, "undo": address}} says what was done, and takes it back -- */

  const undo = async address => {
    const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
    const seat = document.querySelector("#console [name=seat]")?.value || "";
    if (document.getElementById("console")) {
      await window.htmx.ajax("POST", address, { target: "#console", swap: "outerHTML", values: { csrfmiddlewaretoken: token, seat } });
      return;
    }
    const answer = await fetch(address, { method: "POST", body: new URLSearchParams({ csrfmiddlewaretoken: token }) });
    if (answer.ok) location.reload(); else announce("It could not be undone.");
  };
  let toasted = 0;
  const showToast = ({ text, undo: address }) => {
    const toast = document.getElementById("toast");
    if (!toast || !text) return;
    const words = document.createElement("span");
    words.textContent = text;
    toast.replaceChildren(words);
    if (address) {
      const button = document.createElement("button");
      button.type = "button"; button.textContent = "Undo";
      button.addEventListener("click", () => { toast.hidden = true; undo(address); });
      toast.append(button);
    }
    toast.hidden = false;
    clearTimeout(toasted);
    /* Eight seconds, and no less while somebody is about to press the button. */
    const leave = () => { if (toast.matches(":hover, :focus-within")) toasted = setTimeout(leave, 1000); else toast.hidden = true; };
    toasted = setTimeout(leave, 8000);
  };
  document.addEventListener("toast", event => showToast(event.detail));

  reveal(document);
  tick();
  setInterval(tick, 1000);
  window.incidentops = { announce, busy, now, showToast, saySignedOut };
})();
