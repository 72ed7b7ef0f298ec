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
    for (const el of all("[data-theme-toggle], [data-copy], [data-needs-script]", within)) el.hidden = false;
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
  const tick = () => {
    for (const el of all("time[data-elapsed], time[data-due]")) {
      const seconds = Math.trunc((now() - Date.parse(el.dateTime)) / 1000);
      const shown = clock("elapsed" in el.dataset ? seconds : -seconds);
      if (el.textContent !== shown) el.textContent = shown;
      if ("due" in el.dataset) {
        el.classList.toggle("late", seconds > 0);
        const promise = el.closest(".due, .timer");
        if (promise && seconds > 0) { promise.dataset.tone = "bad"; promise.classList.toggle("over", promise.matches(".due")); }
        tellDue(el, -seconds);
      }
    }
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
    const target = event.target.closest("[data-theme-toggle], [data-copy], [data-dismiss], [data-focus]");
    if (!target) return;
    if ("themeToggle" in target.dataset) toggleTheme();
    if ("copy" in target.dataset) copy(target);
    if ("dismiss" in target.dataset) target.closest(target.dataset.dismiss)?.remove();
    if ("focus" in target.dataset) document.getElementById(target.dataset.focus)?.focus();
  });

  /* --- shortcuts: the markup says which key, so a key exists exactly where its target does -------------- */

  const keysOff = () => { try { return localStorage.getItem("single-keys") === "off"; } catch { return false; } };
  const typing = el => el.matches("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
  const seen = el => el.checkVisibility ? el.checkVisibility() : el.offsetParent !== null;
  const press = el => {
    if (typing(el)) el.focus();
    else if (el.matches("a, button, summary, input")) { el.focus(); el.click(); }
    else el.focus();
  };
  let first = "", firstAt = 0;
  const moveBy = step => {
    const items = all("[data-item]").filter(seen);
    if (!items.length) return;
    const at = items.findIndex(item => item.contains(document.activeElement));
    const next = items[Math.min(Math.max(at + step, 0), items.length - 1)];
    (next.querySelector("a, button") || next).focus();
  };
  const find = key => all("[aria-keyshortcuts]").filter(seen)
    .find(el => el.getAttribute("aria-keyshortcuts").split(" ").includes(key));

  const showShortcuts = () => {
    const dialog = document.getElementById("shortcuts");
    const list = document.getElementById("shortcut-list");
    if (!dialog || dialog.open) return;
    list.replaceChildren();
    const rows = [["?", "This list"], ["J, K", "Next, previous item"], ["Ctrl+Enter", "Send the form you are in"]];
    for (const el of all("[aria-keyshortcuts], [data-keys]").filter(seen)) {
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

  let owed = false;
  document.addEventListener("htmx:beforeSwap", event => {
    const { target, requestConfig } = event.detail;
    /* Asked for by a person: swap. Asked for by the page itself: only where no hand is. */
    if (event.detail.xhr.status >= 400 || requestConfig.elt !== target) return;
    if (target.querySelector(".htmx-request")) {
      /* A form in it waits for its answer, which would find no place to go: refresh after that. */
      event.detail.shouldSwap = false;
      owed = true;
    } else if ("guard" in target.dataset && busy(target)) {
      event.detail.shouldSwap = false;
      const note = document.getElementById(target.dataset.guard);
      if (note) note.hidden = false;
    }
  });
  document.addEventListener("htmx:afterRequest", () => {
    if (!owed || document.querySelector("form.htmx-request")) return;
    owed = false;
    setTimeout(() => window.htmx.trigger(document.body, "incident-news"), 0);
  });
  document.addEventListener("htmx:afterSwap", event => {
    reveal(event.detail.target);
    tick();
    if (event.detail.target.id === "notices" && event.detail.target.childElementCount) {
      event.detail.target.scrollIntoView({ block: "nearest" });
    }
  });
  document.addEventListener("htmx:sendError", () => announce("The server did not answer. Nothing was changed."));
  document.addEventListener("htmx:responseError", () => announce("The server could not do it. Nothing was changed."));
  /* A refused form keeps what was typed; a stale notice from the time before goes. */
  document.addEventListener("htmx:beforeRequest", event => {
    if (event.detail.requestConfig.verb !== "get") document.getElementById("notices")?.replaceChildren();
  });

  reveal(document);
  tick();
  setInterval(tick, 1000);
  window.incidentops = { announce, busy };
})();
