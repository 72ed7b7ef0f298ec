/* The timeline's own script: says that one is here and how far one has read, and offers names after an @.
   Both are for comfort: a name can be typed, and the page shows what is new without. */
(() => {
  "use strict";
  const LOOK_EVERY = 30000, FIRST_LOOK = 3000;
  const timeline = () => document.getElementById("timeline");

  /* --- looking: a row counts as read once the timeline has been in view, in a tab that is in front ------ */

  const inView = at => document.visibilityState === "visible" && (at.checkVisibility ? at.checkVisibility() : at.offsetParent !== null);
  const look = async () => {
    const at = timeline();
    if (!at || document.visibilityState !== "visible") return;
    const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
    const body = new URLSearchParams({ csrfmiddlewaretoken: token, number: inView(at) ? at.dataset.last : 0 });
    try {
      const answer = await fetch(at.dataset.looked, { method: "POST", body });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("presence");
      const shown = document.getElementById("presence");
      if (fresh && shown && fresh.textContent !== shown.textContent) shown.replaceWith(fresh);
    } catch { /* the stale bar says it */ }
  };
  setTimeout(look, FIRST_LOOK);
  setInterval(look, LOOK_EVERY);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("change", event => { if (event.target.name === "view") setTimeout(look, FIRST_LOOK); });

  /* --- names: @ and some letters; arrows choose, Enter or Tab takes, Esc leaves -------------------------- */

  const typed = input => {
    const before = input.value.slice(0, input.selectionStart);
    const found = before.match(/(?:^|[^\w@./+-])@([\w.+-]*)$/);
    return found ? { word: found[1].toLowerCase(), from: before.length - found[1].length } : null;
  };
  const list = input => document.getElementById(input.dataset.names);
  const offered = box => [...box.children].filter(item => !item.hidden);
  const close = input => {
    const box = list(input);
    if (!box || box.hidden) return;
    box.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (input, item) => {
    for (const other of list(input).children) other.setAttribute("aria-selected", String(other === item));
    input.setAttribute("aria-activedescendant", item.id);
  };
  const offer = input => {
    const box = list(input), at = typed(input);
    if (!box || !at) return close(input);
    for (const item of box.children) {
      item.hidden = !item.dataset.name.startsWith(at.word) && !item.textContent.toLowerCase().includes(` ${at.word}`);
    }
    const items = offered(box);
    if (!items.length) return close(input);
    box.hidden = false;
    input.setAttribute("aria-expanded", "true");
    choose(input, items[0]);
  };
  const take = (input, item) => {
    const at = typed(input);
    if (at) input.setRangeText(`${item.dataset.name} `, at.from, input.selectionStart, "end");
    close(input);
    input.focus();
  };
  const chosen = input => list(input)?.querySelector("[aria-selected=true]:not([hidden])");

  document.addEventListener("input", event => { if (event.target.matches("[data-names]")) offer(event.target); });
  document.addEventListener("focusout", event => { if (event.target.matches("[data-names]")) setTimeout(close, 150, event.target); });
  document.addEventListener("mousedown", event => {
    const item = event.target.closest(".names [data-name]");
    if (!item) return;
    event.preventDefault();
    take(document.querySelector(`[data-names="${item.parentElement.id}"]`), item);
  });
  document.addEventListener("keydown", event => {
    const input = event.target;
    if (!input.matches?.("[data-names]") || list(input)?.hidden !== false) return;
    const items = offered(list(input)), at = items.indexOf(chosen(input));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      choose(input, items.at((at + (event.key === "ArrowDown" ? 1 : -1)) % items.length));
    } else if (event.key === "Enter" || event.key === "Tab") {
      take(input, items[Math.max(at, 0)]);
    } else if (event.key === "Escape") {
      close(input);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
})();
