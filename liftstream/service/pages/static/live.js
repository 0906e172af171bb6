// Says whether the page is live. htmx carries the events and the changes; see templates/macros.html, `stream`.
"use strict";
(() => {
  const RETRY_MS = 5000;
  const WORDS = {
    unknown: "",
    live: "Page updates live",
    lost: "Connection lost; trying again. The numbers may be old.",
    out: "Logged out. Log in in another tab; this page then goes on.",
  };

  function say(state) {
    const place = document.getElementById("connection");
    if (place && place.dataset.state !== state) {
      place.dataset.state = state;
      place.textContent = WORDS[state];
    }
  }

  const isOut = () => document.getElementById("connection")?.dataset.state === "out";
  const ofStream = (event) => event.target.id === "stream" || event.detail?.ctx?.sourceElement?.id === "stream";

  // A tab that is opened in the background waits until somebody looks at it, as one that goes there does: a browser has
  // six connections to a server, and with six such tabs no page would come any more.
  document.addEventListener("htmx:before:request", (event) => {
    if (!document.hidden || !ofStream(event)) return;
    event.preventDefault();
    document.addEventListener("visibilitychange", () => htmx.trigger("#stream", "again"), { once: true });
  });
  document.addEventListener("htmx:sse:after:connection", () => say("live"));
  document.addEventListener("htmx:sse:before:connection", (event) => {
    if (event.detail.connection.attempt > 0 && !isOut()) say("lost");
  });
  document.addEventListener("htmx:sse:error", (event) => say(event.detail.status === 401 ? "out" : "lost"));
  document.addEventListener("htmx:error", (event) => {
    if (!ofStream(event)) return;
    say("lost");
    // The very first connection failed, which the extension does not repeat.
    setTimeout(() => htmx.trigger("#stream", "again"), RETRY_MS);
  });
  document.addEventListener("htmx:response:error", (event) => {
    const refused = event.detail.ctx.response.status === 401;
    if (refused) say("out");
    if (!ofStream(event)) return;
    if (!refused) say("lost");
    setTimeout(() => htmx.trigger("#stream", "again"), RETRY_MS);
  });
  // What was typed before htmx listened, or kept by the browser from an earlier visit, is answered as well.
  document.addEventListener("DOMContentLoaded", () => {
    for (const field of document.querySelectorAll("form[hx-get] :is(input, select)")) {
      const asServed = field.type === "checkbox" ? field.defaultChecked : field.defaultValue;
      const now = field.type === "checkbox" ? field.checked : field.value;
      if (asServed === undefined ? !field.selectedOptions[0]?.defaultSelected : now !== asServed) {
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }
  });
  // The address keeps what was typed: for a reload, and for a colleague.
  document.addEventListener("htmx:after:swap", () => {
    const form = document.querySelector("form[hx-get]");
    if (!form) return;
    const typed = [...new FormData(form)].filter(([, text]) => text !== "");
    history.replaceState(null, "", `${form.getAttribute("hx-get")}?${new URLSearchParams(typed)}`);
  });
  // Logged in again in another tab.
  document.addEventListener("htmx:after:swap", () => {
    if (isOut()) say(document.getElementById("stream") ? "live" : "unknown");
  });
  // Only pages may take the place of a page's part; a refusal leaves the numbers that are there.
  document.addEventListener("htmx:before:swap", (event) => {
    if (event.detail.ctx?.response && !event.detail.ctx.response.raw.ok) event.preventDefault();
  });
})();
