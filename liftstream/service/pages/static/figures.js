// Draws every figure from the Vega-Lite document beside it, and draws it again when that changed, at most once a second.
"use strict";
(() => {
  const PAUSE_MS = 1000;
  const addresses = document.currentScript?.dataset.vega?.split(" ") ?? [];
  const drawn = new WeakMap(); // chart -> { text, view }
  let vegaIsHere = null;
  let waiting = false;
  let last = 0;

  // The three scripts, in their order; a page that brought them along has no addresses.
  function loadVega() {
    const loads = addresses.map((address) => {
      const script = document.createElement("script");
      script.src = address;
      script.async = false;
      document.head.append(script);
      return new Promise((loaded, failed) => Object.assign(script, { onload: loaded, onerror: failed }));
    });
    return Promise.all(loads);
  }

  async function draw(figure) {
    const chart = figure.querySelector(".chart");
    const text = figure.querySelector("script.spec")?.textContent;
    const before = chart && drawn.get(chart);
    if (!text || before?.text === text) return;
    drawn.set(chart, { text, view: before?.view });
    vegaIsHere ??= loadVega();
    try {
      await vegaIsHere;
    } catch {
      // Not now; text and table stand there. The next change tries again.
      vegaIsHere = null;
      drawn.delete(chart);
      return;
    }
    // Drawn above the old one and put in its place when it is ready: nothing jumps.
    const next = document.createElement("div");
    next.className = "drawing";
    next.setAttribute("aria-hidden", "true"); // the chart carries one text for all of it
    chart.append(next);
    const compiled = vegaLite.compile(JSON.parse(text)).spec;
    const view = new vega.View(vega.parse(compiled, null, { ast: true }), {
      expr: vegaInterpreter.expression,
      renderer: "svg",
      container: next,
      hover: false,
      logLevel: vega.Error,
    });
    await view.runAsync();
    if (drawn.get(chart).text !== text) {
      // A newer document is being drawn already.
      view.finalize();
      next.remove();
      return;
    }
    for (const old of [...chart.children]) if (old !== next) old.remove();
    next.className = "drawing ready";
    before?.view?.finalize();
    drawn.set(chart, { text, view });
  }

  function drawAll() {
    waiting = false;
    last = performance.now();
    for (const figure of document.querySelectorAll("figure.figure")) draw(figure);
  }

  function soon() {
    if (waiting) return;
    waiting = true;
    setTimeout(drawAll, Math.max(0, last + PAUSE_MS - performance.now()));
  }

  // A picture that was folded away had no width; Vega measures again when the window says so.
  document.addEventListener("toggle", () => dispatchEvent(new Event("resize")), true);
  // After the first paint: what is to be read comes first.
  document.addEventListener("DOMContentLoaded", () => requestAnimationFrame(() => setTimeout(drawAll)));
  document.addEventListener("htmx:after:swap", soon);
})();
