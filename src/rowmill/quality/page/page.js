"use strict";
(() => {
  const root = document.documentElement;
  const toggle = document.getElementById("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
    toggle.setAttribute("aria-pressed", String(isDark));
    toggle.textContent = isDark ? "Light" : "Dark";
    toggle.setAttribute("aria-label", "Show in " + toggle.textContent.toLowerCase() + " colours");
  };
  toggle.addEventListener("click", () => {
    root.dataset.theme = toggle.textContent.toLowerCase();
    show();
  });
  dark.addEventListener("change", show);
  toggle.hidden = false;
  show();

  const finder = document.getElementById("finder");
  if (finder) {
    const field = document.getElementById("find");
    const found = document.getElementById("found");
    const named = [...document.querySelectorAll("[data-name]")];
    field.addEventListener("input", () => {
      const word = field.value.trim().toLowerCase();
      let cards = 0;
      for (const each of named) {
        each.hidden = !each.dataset.name.toLowerCase().includes(word);
        if (!each.hidden && each.matches("article")) cards += 1;
      }
      found.textContent = word ? cards + " found" : "";
    });
    finder.hidden = false;
  }

  const closed = [];
  addEventListener("beforeprint", () => {
    for (const each of document.querySelectorAll("details:not([open])")) {
      each.open = true;
      closed.push(each);
    }
  });
  addEventListener("afterprint", () => {
    for (const each of closed.splice(0)) each.open = false;
  });
})();
