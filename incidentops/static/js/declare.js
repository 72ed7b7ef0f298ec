/* Lets the button say what it will do, as severity, kind and privacy are chosen. The server says the same first. */
(() => {
  "use strict";
  const form = document.querySelector("[data-declare]");
  const button = form?.querySelector("[data-consequence]");
  if (!button) return;
  const isNew = form.querySelector("[data-is-new]");
  const say = () => {
    const severity = form.querySelector("[name=severity]:checked")?.value || "the incident";
    const kind = form.querySelector("[name=kind]:checked")?.value || "real";
    const isPrivate = form.querySelector("[name=is_private]").checked ||
      Boolean(form.querySelector("[name=type]")?.selectedOptions[0]?.hasAttribute("data-private"));
    form.classList.toggle("is-private", isPrivate);
    if (kind === "backfilled") { button.textContent = `Write ${severity} down`; return; }
    if (kind !== "real") { button.textContent = `Start a ${severity} ${kind}`; return; }
    const count = Number(isPrivate ? form.dataset.calledInPrivate : form.dataset.called);
    button.textContent = `${isNew.value ? "Something new: declare" : "Declare"} ${severity}${count ? ` and page ${count}` : ""}`;
  };
  /* Incidents that may be the same were shown: going on all the same says that this is another. */
  document.addEventListener("htmx:afterSwap", event => {
    if (event.detail.target.id !== "similar") return;
    isNew.value = event.detail.target.querySelector("[name=add_to]") ? "1" : "";
    say();
  });
  form.addEventListener("change", say);
  say();
})();
