/* A search box with suggestions as an ARIA combobox (list autocomplete, manual selection). */
"use strict";

for (const form of document.querySelectorAll("[data-combobox]")) {
  const input = form.querySelector("input[type=search]");
  const list = form.querySelector(".search-list");
  const options = () => [...list.querySelectorAll("[role=option]")];
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  list.setAttribute("role", "listbox");

  function open(yes) {
    list.hidden = !yes;
    input.setAttribute("aria-expanded", String(yes));
    if (!yes) choose(null);
  }

  function choose(option) {
    for (const each of options()) each.setAttribute("aria-selected", String(each === option));
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function move(step) {
    const all = options();
    const at = all.findIndex((each) => each.getAttribute("aria-selected") === "true");
    // Past either end the box itself is next, as typed.
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
    choose(all[next] || null);
  }

  open(false);
  list.addEventListener("htmx:afterSwap", () => open(document.activeElement === input && options().length > 0 && input.value.trim() !== ""));
  input.addEventListener("focus", () => options().length && input.value.trim() && open(true));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const chosen = list.querySelector("[aria-selected=true]");
    if (event.key === "Escape" && !list.hidden) {
      open(false);
      event.preventDefault();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options().length) {
      if (list.hidden) open(true);
      move(event.key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
    } else if (event.key === "Enter" && !list.hidden && chosen) {
      event.preventDefault();
      location.assign(chosen.href);
    }
  });
  form.addEventListener("focusout", (event) => !form.contains(event.relatedTarget) && open(false));
  // Before the focus leaves the box, so that the list is still there when the finger lifts.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
}
