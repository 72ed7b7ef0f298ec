/* The quick line's menu of commands, tickets that can be dragged, and menus that stay open while the console
   refreshes itself. Everything here has a twin that works without: the line is a form, a ticket has buttons. */
(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  /* --- commands: a combobox; the list shows while the line is one unfinished word after a slash ----------- */

  const line = () => document.getElementById("quick-line");
  const menu = () => document.getElementById("quick-menu");
  const shown = () => all("[role=option]", menu()).filter(option => !option.hidden);
  const current = () => shown().find(option => option.getAttribute("aria-selected") === "true");
  const isOpen = () => Boolean(menu()) && !menu().hidden;

  const choose = option => {
    for (const one of all("[role=option]", menu())) one.setAttribute("aria-selected", String(one === option));
    if (option) line().setAttribute("aria-activedescendant", option.id); else line().removeAttribute("aria-activedescendant");
  };
  const open = wanted => {
    if (!menu()) return;
    menu().hidden = !wanted;
    line().setAttribute("aria-expanded", String(wanted));
    if (!wanted) choose(null);
  };
  const suggest = () => {
    /* A time may stand before the command: "-5m /de". */
    const typed = /(?:^|\s)(\/[a-z]*)$/i.exec(line().value);
    const isCommand = typed && /^(?:@?\d{1,2}:\d{2}\s+|[-−]\d\w*\s+)?\/[a-z]*$/i.test(line().value.trimStart());
    if (!isCommand) { open(false); return; }
    const word = typed[1].toLowerCase();
    for (const option of all("[role=option]", menu())) option.hidden = !option.dataset.word.startsWith(word);
    open(shown().length > 0);
    if (isOpen()) choose(shown()[0]);
  };
  const take = option => {
    line().value = line().value.replace(/\/[a-z]*$/i, `${option.dataset.word} `);
    open(false);
    line().focus();
  };

  const dress = () => {
    const box = line();
    if (!box || box.getAttribute("role")) return;
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", "quick-menu"], ["aria-expanded", "false"]]) box.setAttribute(name, value);
  };

  document.addEventListener("input", event => { if (event.target === line()) suggest(); });
  document.addEventListener("focusout", event => { if (event.target === line()) setTimeout(() => { if (document.activeElement !== line()) open(false); }, 150); });
  document.addEventListener("mousedown", event => { if (event.target.closest("#quick-menu")) event.preventDefault(); });
  document.addEventListener("keydown", event => {
    if (event.target !== line() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && isOpen()) { event.preventDefault(); open(false); return; }
    if (!isOpen()) return;
    const options = shown(), at = options.indexOf(current());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(options[(at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length]);
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      choose(options[event.key === "Home" ? 0 : options.length - 1]);
    } else if ((event.key === "Enter" || event.key === "Tab") && current()) {
      event.preventDefault();
      take(current());
    }
  });

  /* --- a gap is filled in: its line is begun, the hand finishes it ---------------------------------------- */

  document.addEventListener("click", event => {
    const option = event.target.closest("#quick-menu [role=option]");
    if (option) { take(option); return; }
    const fill = event.target.closest("[data-fill]");
    if (fill && line()) {
      event.preventDefault();
      line().value = fill.dataset.fill;
      line().focus();
      line().setSelectionRange(line().value.length, line().value.length);
      line().scrollIntoView({ block: "center" });
    }
    for (const one of all("details.ticket-menu[open]")) if (!one.contains(event.target)) one.open = false;
  });
  document.addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    const one = event.target.closest?.("details.ticket-menu[open]");
    if (one) { event.preventDefault(); one.open = false; one.querySelector("summary").focus(); }
  });

  /* --- the console refreshes itself: what was open stays open, what was refused counts as unsaved --------- */

  let kept = [], wasWriting = false;
  document.addEventListener("htmx:beforeSwap", event => {
    if (event.detail.target.id !== "console") return;
    const byItself = event.detail.requestConfig.elt === event.detail.target;
    kept = byItself ? all("details[id][open]", event.detail.target).map(one => one.id) : [];
    wasWriting = Boolean(event.detail.requestConfig.elt?.closest?.("[data-slash]"));
  });
  const settle = () => {
    dress();
    for (const id of kept) { const one = document.getElementById(id); if (one) one.open = true; }
    kept = [];
    for (const field of all("#console [aria-invalid=true]")) {
      const typed = field.value;
      field.defaultValue = "";
      field.value = typed;
    }
    if (wasWriting && line()) { line().focus(); line().setSelectionRange(line().value.length, line().value.length); }
    wasWriting = false;
  };
  document.addEventListener("htmx:afterSettle", settle);

  /* --- tickets: dropping one on a lane presses the button of its menu that leads there --------------------- */

  const VERBS = { to_do: "put_back", doing: "start", done: "finish" };
  let dragged = null;
  const button = lane => dragged?.querySelector(`button[value="${VERBS[lane.dataset.lane]}"]`);
  document.addEventListener("dragstart", event => {
    dragged = event.target.closest?.(".ticket[draggable]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.querySelector(".ticket-title").textContent);
    dragged.classList.add("dragged");
  });
  document.addEventListener("dragover", event => {
    const lane = event.target.closest?.(".lane[data-lane]");
    for (const one of all(".lane.over")) if (one !== lane) one.classList.remove("over");
    if (!lane || !button(lane)) return;
    event.preventDefault();
    lane.classList.add("over");
  });
  document.addEventListener("drop", event => {
    const lane = event.target.closest?.(".lane[data-lane]");
    const press = lane && button(lane);
    if (!press) return;
    event.preventDefault();
    press.click();
  });
  document.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    for (const one of all(".lane.over")) one.classList.remove("over");
    dragged = null;
  });

  settle();
  if (new URLSearchParams(location.search).has("line")) line()?.focus();
})();
