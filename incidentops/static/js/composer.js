/* The composer: what is typed is kept on the server as one types, templates fill in and can be taken back, findings
   are shown in the text and mended with one click. Everything saves and previews without script as well. */
(() => {
  "use strict";
  const QUIET = 700, KEEP_AFTER = 1500;
  const form = () => document.getElementById("composer-form");
  const body = () => document.getElementById("id_body");
  const title = () => document.getElementById("id_title");
  const isOurs = field => Boolean(field?.form && field.form.id === "composer-form" && field.name !== "template");
  const announce = text => window.incidentops?.announce(text);

  // htmx sends the name of a button that lies inside its form alone; those of the composer stand below it.
  document.addEventListener("htmx:configRequest", event => {
    const pressed = event.detail.triggeringEvent?.submitter;
    if (pressed?.name && pressed.form?.id === "composer-form" && event.detail.elt === pressed.form) {
      event.detail.parameters[pressed.name] = pressed.value;
    }
  });

  /* --- kept as one types, on this device and the next ------------------------------------------------------- */

  let keeping = null, asking = null, typing = null, isDirty = false;
  const said = kept => {
    const tag = document.querySelector("[data-kept]");
    if (!tag || !kept) return;
    tag.textContent = `Kept ${kept}`;
    tag.hidden = false;
  };
  const sayWriter = sentence => {
    const note = document.querySelector("[data-writer]");
    if (!note) return;
    note.hidden = !sentence;
    if (sentence) note.querySelector("[data-writer-said]").textContent = `${sentence} What you type is kept for you meanwhile.`;
  };
  const keep = async (isLeaving = false) => {
    clearTimeout(keeping);
    const from = form();
    if (!from || !isDirty) return;
    isDirty = false;
    const words = new URLSearchParams(new FormData(from));
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(from.dataset.keep, {
        method: "POST", body: words, redirect: "manual", keepalive: isLeaving && String(words).length < 60000, signal: asking.signal,
      });
      if (!answer.ok) { isDirty = true; return; }
      const { kept, writer } = await answer.json();
      said(kept);
      sayWriter(writer);
    } catch { isDirty = true; /* typed.js keeps it in this tab; the next keystroke tries again */ }
  };
  const typed = () => {
    isDirty = true;
    clearTimeout(keeping);
    keeping = setTimeout(keep, KEEP_AFTER);
    clearTimeout(typing);
    typing = setTimeout(() => form() && window.htmx?.trigger(form(), "composer-typed"), QUIET);
  };
  const settled = () => { isDirty = false; clearTimeout(keeping); asking?.abort(); };

  document.addEventListener("input", event => { if (isOurs(event.target)) typed(); });
  document.addEventListener("change", event => { if (isOurs(event.target)) typed(); });
  document.addEventListener("focusout", event => { if (isOurs(event.target)) keep(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) keep(true); });
  addEventListener("pagehide", () => keep(true));
  /* What is sent is not kept any more: a late copy would come back as unsaved. */
  document.addEventListener("submit", event => { if (event.target.id === "composer-form") settled(); });
  document.addEventListener("htmx:beforeRequest", event => { if (event.detail.elt.id === "composer-form") settled(); });
  document.addEventListener("htmx:responseError", event => { if (event.detail.elt.id === "composer-form") typed(); });
  document.addEventListener("htmx:sendError", event => { if (event.detail.elt.id === "composer-form") typed(); });
  document.addEventListener("click", event => {
    if (!event.target.closest("[data-drop-typed]")) return;
    settled();
    if (form()) window.typed?.forget(form());
  });

  /* --- a template fills in; what was there is one click away ------------------------------------------------ */

  const put = (field, value) => {
    if (!field || field.value === value) return;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  let filledTitle = "";
  const fillIn = async () => {
    const choice = document.getElementById("start-from");
    if (!choice?.value || !form()) return;
    const words = new FormData(form());
    words.set("template", choice.value);
    const answer = await fetch(choice.parentElement.querySelector("[data-fill-template]").formAction, {
      method: "POST", body: new URLSearchParams(words), headers: { Accept: "application/json" },
    });
    if (!answer.ok) { announce("The template could not be filled in. Nothing was changed."); return; }
    const made = await answer.json();
    const before = { body: body().value, title: title().value };
    if (made.title && (!before.title.trim() || before.title === filledTitle)) { put(title(), made.title); filledTitle = made.title; }
    put(body(), made.body);
    const language = document.getElementById("id_language");
    if ([...language.options].some(option => option.value === made.language)) put(language, made.language);
    const place = document.querySelector("[data-fill-said]");
    const undo = document.createElement("button");
    undo.type = "button"; undo.className = "btn xs"; undo.textContent = "Undo";
    undo.addEventListener("click", () => {
      put(body(), before.body); put(title(), before.title);
      choice.value = ""; place.replaceChildren(); body().focus();
    });
    place.replaceChildren(before.body.trim() ? "Your words were replaced. " : "Filled in from the facts. ", undo);
    announce(before.body.trim() ? "Your words were replaced by the template. Undo is below the message." : "The template is filled in.");
  };
  document.addEventListener("change", event => { if (event.target.id === "start-from") fillIn(); });
  document.addEventListener("click", event => {
    if (event.target.closest("[data-fill-template]")) { event.preventDefault(); fillIn(); }
  });

  /* --- findings: shown in the text, mended with one click --------------------------------------------------- */

  const spanOf = text => { const [part, start, end] = text.split(":"); return { field: part === "title" ? title() : body(), start: Number(start), end: Number(end) }; };
  document.addEventListener("click", event => {
    const shown = event.target.closest("[data-show-span]");
    if (shown) {
      const { field, start, end } = spanOf(shown.dataset.showSpan);
      field?.focus();
      field?.setSelectionRange(start, end);
    }
    const mend = event.target.closest("[data-fix]");
    if (mend) {
      const { field, start, end } = spanOf(mend.dataset.span);
      if (!field) return;
      /* The text may have moved under the finding: then look for its words. */
      const words = mend.dataset.words, here = field.value.slice(start, start + words.length) === words;
      const from = here ? start : field.value.indexOf(words), to = here ? end : from + words.length;
      if (from < 0) { announce("These words are not there any more."); return; }
      const old = field.value;
      put(field, old.slice(0, from) + mend.dataset.fix + old.slice(to));
      field.focus();
      field.setSelectionRange(from, from + mend.dataset.fix.length);
    }
  });

  const dress = () => {
    for (const one of document.querySelectorAll("[data-hidden-with-script], [data-fill-template]")) one.hidden = true;
    for (const one of document.querySelectorAll("#previews [data-into]")) {
      const place = document.getElementById(one.dataset.into);
      if (place) place.textContent = one.textContent;
    }
  };
  document.addEventListener("htmx:afterSettle", dress);
  dress();
})();
