/* The kiosk goes back to the start by itself and keeps nothing; a ticket prints itself once. */
"use strict";

const stage = document.querySelector("[data-idle]");
let quiet = 0;
for (const kind of ["pointerdown", "keydown", "touchstart"]) document.addEventListener(kind, () => { quiet = 0; });
setInterval(() => {
  quiet += 1;
  if (quiet < Number(stage.dataset.idle)) return;
  sessionStorage.clear();
  localStorage.clear();
  location.replace(stage.dataset.home);
}, 1000);
document.addEventListener("contextmenu", (event) => event.preventDefault());
if ("print" in stage.dataset && new URLSearchParams(location.search).get("print") !== "no") window.print();
