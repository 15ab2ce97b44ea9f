"use strict";
// The page is whole without this: it opens what a link leads to in older browsers, and everything before printing.
(() => {
  const follow = () => {
    let id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch { /* as it stands */ }
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) setTimeout(follow);
  });
  follow();

  let shut = [];
  addEventListener("beforeprint", () => {
    shut = [...document.querySelectorAll("details:not([open])")];
    for (const box of shut) box.open = true;
  });
  addEventListener("afterprint", () => { for (const box of shut) box.open = false; });

  const entries = [...document.querySelectorAll("#contents a")];
  document.getElementById("contents").classList.add("tracked");
  const places = entries.map((entry) => document.getElementById(entry.hash.slice(1)));
  let waiting = false;
  const locate = () => {
    waiting = false;
    const passed = places.findLastIndex((place) => place && place.getBoundingClientRect().top < 120);
    entries.forEach((entry, i) => i === passed ? entry.setAttribute("aria-current", "true") : entry.removeAttribute("aria-current"));
  };
  locate();
  addEventListener("scroll", () => { if (!waiting) { waiting = true; requestAnimationFrame(locate); } }, { passive: true });
})();
