/* The report of three fields, on a bad connection: what is typed is kept in the tab until the server has it. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-can]");
  if (!form) return;
  const place = `can:${form.dataset.can}`;
  const fields = [...form.querySelectorAll("textarea")];
  const warning = form.querySelector("[data-can-offline]");
  const store = act => { try { return act(sessionStorage); } catch { return null; } };

  if (document.querySelector("[data-can-sent]")) store(kept => kept.removeItem(place));
  const before = JSON.parse(store(kept => kept.getItem(place)) || "{}");
  for (const field of fields) if (!field.value && before[field.name]) field.value = before[field.name];

  form.addEventListener("input", () => {
    const typed = Object.fromEntries(fields.map(field => [field.name, field.value]));
    store(kept => kept.setItem(place, JSON.stringify(typed)));
  });
  form.addEventListener("submit", event => {
    warning.hidden = navigator.onLine;
    if (!navigator.onLine) event.preventDefault();
  });
  addEventListener("online", () => { warning.hidden = true; });
})();
