// Writes local time before every UTC time that is read in a sentence; in tables and the log it is shown on pointing.
"use strict";
(() => {
  const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });
  const day = new Intl.DateTimeFormat([], { day: "numeric", month: "short" });

  function localise(time) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime()) || at.getTimezoneOffset() === 0) return;
    const withDay = at.getDate() !== at.getUTCDate() || /^\d{4}-/.test(time.textContent);
    const text = `${withDay ? `${day.format(at)} ` : ""}${clock.format(at)} local time`;
    time.title = text;
    if (time.closest("table, .log") || time.previousElementSibling?.className === "local") return;
    const local = document.createElement("span");
    local.className = "local";
    local.textContent = `${text}, `;
    time.before(local);
  }

  function localiseAll() {
    for (const time of document.querySelectorAll("time[datetime]")) localise(time);
  }

  document.addEventListener("DOMContentLoaded", localiseAll);
  document.addEventListener("htmx:after:swap", localiseAll);
})();
