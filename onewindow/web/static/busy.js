// A form is sent once: a second click on a slow line does nothing, and the button says that it is working.
"use strict";

function settle(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll(".is-busy")) {
    button.classList.remove("is-busy");
    button.removeAttribute("aria-busy");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.target) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  event.submitter?.classList.add("is-busy");
  event.submitter?.setAttribute("aria-busy", "true");
  setTimeout(settle, 15000, form); // the line broke: let one try again
});

// Back to a page the browser kept: its forms are fresh again.
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(settle));
