/* The command palette: opens with Ctrl or Command and K, asks the server what fits, and follows arrow keys and
   Enter. Without script, its button leads to the search page, which offers the same. */
(() => {
  "use strict";
  const WAIT = 120;
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const input = dialog.querySelector("[role=combobox]");
  const list = dialog.querySelector("[role=listbox]");
  const none = dialog.querySelector(".palette-none");
  const options = () => [...list.querySelectorAll("[role=option]")];
  let chosen = null, asked = 0, pending = null;

  const choose = option => {
    chosen?.setAttribute("aria-selected", "false");
    chosen = option || null;
    if (!chosen) { input.removeAttribute("aria-activedescendant"); return; }
    chosen.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  };
  const ask = async () => {
    const turn = asked += 1;
    const query = new URLSearchParams({ q: input.value, in: dialog.dataset.in });
    try {
      const answer = await fetch(`${dialog.dataset.options}?${query}`, { headers: { "HX-Request": "true" } });
      /* What was asked later has been answered already, or the dialog is gone. */
      if (!answer.ok || turn !== asked || !dialog.open) return;
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      list.replaceChildren(...found.querySelectorAll("li"));
      none.hidden = Boolean(options().length);
      choose(options()[0]);
    } catch { none.hidden = false; none.textContent = "The server did not answer. Enter opens the search page."; }
  };
  const go = (option, apart) => {
    if (!option) { dialog.querySelector("form").submit(); return; }
    if ("post" in option.dataset) {
      const form = document.getElementById("palette-act");
      form.action = option.dataset.url;
      form.submit();
      return;
    }
    if (apart) { window.open(option.dataset.url, "_blank", "noopener"); return; }
    dialog.close();
    const before = location.pathname + location.search;
    location.assign(option.dataset.url);
    /* On the same page only the place changes: put the cursor there. */
    const target = new URL(option.dataset.url, location.href);
    if (target.pathname + target.search === before && target.hash) document.getElementById(target.hash.slice(1))?.focus();
  };
  const open = () => {
    if (dialog.open || document.querySelector("dialog[open]")) return;
    input.value = "";
    list.replaceChildren();
    none.hidden = true;
    dialog.showModal();
    input.focus();
    ask();
  };

  document.addEventListener("keydown", event => {
    if ((event.metaKey || event.ctrlKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (dialog.open) dialog.close(); else open();
    }
  });
  document.addEventListener("click", event => {
    if (event.target.closest("[data-palette]") && !event.ctrlKey && !event.metaKey) { event.preventDefault(); open(); }
    else if (event.target === dialog) dialog.close();
  });
  input.addEventListener("input", () => { clearTimeout(pending); pending = setTimeout(ask, WAIT); });
  input.addEventListener("keydown", event => {
    const all = options(), at = all.indexOf(chosen);
    const to = { ArrowDown: (at + 1) % all.length, ArrowUp: (at - 1 + all.length) % all.length, Home: 0, End: all.length - 1 };
    if (event.key in to && all.length && !(["Home", "End"].includes(event.key) && input.value)) {
      event.preventDefault();
      choose(all[to[event.key]]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      go(chosen, event.ctrlKey || event.metaKey);
    }
  });
  list.addEventListener("click", event => {
    const option = event.target.closest("[role=option]");
    if (option) go(option, event.ctrlKey || event.metaKey);
  });
  list.addEventListener("mousemove", event => {
    const option = event.target.closest("[role=option]");
    if (option && option !== chosen) choose(option);
  });
})();
