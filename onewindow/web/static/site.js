/* The little that pages need: the CSRF header for htmx, printing, sharing. */
"use strict";

function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(name + "="));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = cookie("csrftoken");
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  const share = event.target.closest("[data-share]");
  if (share) pass(share, share.dataset.share, share.dataset.title);
});

/* Sharing as the phone does it, else the address into the clipboard. */
async function pass(button, url, title) {
  if (navigator.share) return navigator.share({ url, title }).catch(() => {});
  await navigator.clipboard.writeText(url);
  button.querySelector("span").textContent = button.dataset.done;
}
if (navigator.share || navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-share]")) button.hidden = false;
}
