/* Keeps what is being typed until it is sent, in this tab alone: a reload, a crash or a swapped piece loses no
   word. Words that somebody else changed meanwhile are not put over theirs but offered beside the field. */
(() => {
  "use strict";
  const PREFIX = "typed:";
  let kept;
  try { kept = window.sessionStorage; } catch { return; }
  const all = (selector, within) => [...within.querySelectorAll(selector)];
  const FIELDS = "textarea, select, input:not([type=hidden], [type=password], [type=file], [type=submit], [type=search])";

  if (!document.querySelector(".app")) {
    /* Signed out: the next person at this tab is not to read them. */
    for (const key of Object.keys(kept)) if (key.startsWith(PREFIX)) kept.removeItem(key);
    return;
  }

  const isChoice = field => field.type === "checkbox" || field.type === "radio";
  const formKey = form => `${PREFIX}${location.pathname}|${form.getAttribute("action") || form.id || ""}|`;
  const keyOf = field => `${formKey(field.form)}${field.id || field.name}|${isChoice(field) ? field.value : ""}`;
  const isKept = field => field.name && field.form && field.form.method === "post" && field.matches(FIELDS);
  const now = field => isChoice(field) ? String(field.checked) : field.value;
  const given = field => {
    if (isChoice(field)) return String(field.defaultChecked);
    if (field.tagName !== "SELECT") return field.defaultValue;
    return ([...field.options].find(option => option.defaultSelected) || field.options[0])?.value ?? "";
  };

  const keep = field => {
    if (!isKept(field)) return;
    const fields = field.type === "radio" ? all(`input[name="${CSS.escape(field.name)}"]`, field.form) : [field];
    for (const one of fields) {
      if (now(one) === given(one)) kept.removeItem(keyOf(one));
      else try { kept.setItem(keyOf(one), JSON.stringify([given(one), now(one), Date.now()])); } catch { /* full: nothing to be done */ }
    }
  };
  const put = (field, value) => {
    if (isChoice(field)) field.checked = value === "true"; else field.value = value;
    for (let box = field.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const offer = (field, value) => {
    const note = document.createElement("p"), button = document.createElement("button");
    note.className = "hint row wrap"; note.dataset.typed = "";
    note.textContent = `It was changed since you typed “${value.slice(0, 200)}”. `;
    button.type = "button"; button.className = "btn sm"; button.textContent = "Put mine back";
    button.addEventListener("click", () => { put(field, value); note.remove(); field.focus(); });
    note.append(button);
    field.after(note);
  };
  const restore = within => {
    for (const field of all(FIELDS, within).filter(isKept)) {
      const found = kept.getItem(keyOf(field));
      if (found === null || now(field) !== given(field)) continue;
      const [before, value, at = 0] = JSON.parse(found);
      /* What the server kept of the same words a moment before is not somebody else's change. */
      const isOurs = at > Date.parse(field.form.dataset.typedAt || "") - 5000;
      if (value === given(field)) kept.removeItem(keyOf(field));
      else if (before === given(field) || isOurs) put(field, value);
      else if (!isChoice(field)) offer(field, value);
    }
  };
  const forget = form => {
    const start = formKey(form);
    for (const key of Object.keys(kept)) if (key.startsWith(start)) kept.removeItem(key);
  };

  document.addEventListener("input", event => { if (event.target.form) keep(event.target); });
  document.addEventListener("change", event => { if (event.target.form) keep(event.target); });
  document.addEventListener("reset", event => forget(event.target));
  /* htmx says by itself when a form was taken; a plain post that is refused comes back as it was typed. */
  document.addEventListener("submit", event => { if (!event.defaultPrevented) forget(event.target); });
  document.addEventListener("htmx:beforeOnLoad", event => {
    const form = event.detail.elt.closest?.("form");
    if (form && event.detail.xhr.status < 400 && event.detail.requestConfig.verb === "post") forget(form);
  });
  document.addEventListener("htmx:load", event => restore(event.detail.elt));
  restore(document);
  window.typed = { forget };
})();
