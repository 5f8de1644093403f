/* The little that pages need: the CSRF header for htmx, elder mode kept in a cookie, printing. */
"use strict";

function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(name + "="));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = cookie("csrftoken");
});

document.addEventListener("click", (event) => {
  const elder = event.target.closest("[data-elder]");
  if (elder) {
    const on = document.documentElement.classList.toggle("elder");
    elder.setAttribute("aria-pressed", String(on));
    document.cookie = `elder=${on ? 1 : 0}; path=/; max-age=31536000; samesite=lax`;
  }
  if (event.target.closest("[data-print]")) window.print();
});
