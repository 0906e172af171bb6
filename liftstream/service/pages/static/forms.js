// Small helps for forms: copy, take over a value that fits, send once, ask before what cannot be undone.
"use strict";
(() => {
  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    const text = source.value ?? source.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // No clipboard without HTTPS: select it, so that the keyboard can copy it.
      if (source.select) source.select();
      else getSelection().selectAllChildren(source);
      button.textContent = "Selected; press Ctrl-C";
      return;
    }
    button.textContent = "Copied";
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    const link = event.target.closest("a.use");
    if (!link) return;
    event.preventDefault();
    const field = document.getElementById(link.dataset.field);
    field.value = link.dataset.value;
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && !confirm(form.dataset.confirm)) {
      event.preventDefault();
      return;
    }
    if (!("once" in form.dataset)) return;
    if (form.dataset.once === "sent") event.preventDefault();
    form.dataset.once = "sent";
  });
  // Back from the next page: the form may be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("[data-once]")) form.dataset.once = "";
  });

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("[data-focus]")?.focus();
    // The token's page is an answer to a form: reloading it must not send the form again.
    const place = document.querySelector("[data-address]");
    if (place) history.replaceState(null, "", place.dataset.address);
  });
})();
