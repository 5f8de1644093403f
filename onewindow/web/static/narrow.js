/* A long list of choices: typing keeps the rows that hold the words, and those already ticked. */
"use strict";

for (const list of document.querySelectorAll("[data-narrow]")) {
  const [box, none] = ["input", "[role=status]"].map((each) => document.querySelector(`${list.dataset.narrow} ${each}`));
  box.parentElement.hidden = false;
  list.prepend(...list.querySelectorAll("label:has(input:checked)"));
  box.addEventListener("input", () => {
    const words = box.value.trim().toLowerCase().split(/\s+/);
    for (const row of list.querySelectorAll("label")) {
      const said = row.textContent.toLowerCase();
      row.hidden = !row.querySelector("input").checked && !words.every((word) => said.includes(word));
    }
    none.hidden = Boolean(list.querySelector("label:not([hidden])"));
  });
  box.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}
