/* Hides the questions whose simple condition (key == 'value', 'value' in key) is not met yet.
   Only a convenience: the server decides what is asked and kept (kernel.forms). */
"use strict";

const SIMPLE = /^(?:(\w+) (==|!=) '?([\w-]+)'?|'([\w-]+)' in (\w+))$/;

function typed(form, within, key) {
  const named = (name) => [...form.elements].filter((element) => element.name === name);
  const found = within && named(within + key).length ? named(within + key) : named(key);
  if (!found.length) return null;
  const yesNo = { yes: "true", no: "false" };
  return found
    .filter((element) => (["radio", "checkbox"].includes(element.type) ? element.checked : element.value !== ""))
    .map((element) => (element.type === "radio" && yesNo[element.value]) || element.value);
}

function refresh(form) {
  for (const box of form.querySelectorAll("[data-shown-when]")) {
    const parts = SIMPLE.exec(box.dataset.shownWhen);
    const values = parts && typed(form, box.dataset.within, parts[1] || parts[5]);
    if (!values) continue; // asked on another page: the server knew
    const hit = values.includes(parts[3] || parts[4]);
    box.hidden = !values.length || (parts[2] === "!=" ? hit : !hit);
  }
}

for (const form of document.forms) {
  if (!form.querySelector("[data-shown-when]")) continue;
  refresh(form);
  form.addEventListener("change", () => refresh(form));
}
