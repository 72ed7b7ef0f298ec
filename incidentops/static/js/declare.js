/* Lets the button say what it will do, as severity and kind are chosen. */
(() => {
  "use strict";
  const form = document.querySelector("[data-declare]");
  const button = form?.querySelector("[data-consequence]");
  if (!button) return;
  const say = () => {
    const severity = form.querySelector("[name=severity]:checked")?.value || "the incident";
    if (form.querySelector("[name=is_drill]").checked) { button.textContent = `Start a ${severity} drill`; return; }
    const count = Number(form.dataset.commanders);
    const whom = count === 0 ? "" : count === 1 ? " and message 1 commander" : ` and message ${count} commanders`;
    button.textContent = `${button.value ? "Something new: declare" : "Declare"} ${severity}${whom}`;
  };
  form.addEventListener("change", say);
  say();
})();
