// Where the network comes and goes: a form waits until the centre answers, and what was typed or photographed stays.
"use strict";

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function reachable() {
  try {
    return (await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(8000) })).ok;
  } catch {
    return false;
  }
}

async function send(form, button) {
  const line = form.querySelector("[role=status]");
  for (let wait = 2000; !(await reachable()); wait = Math.min(wait + 2000, 15000)) {
    if (line) line.textContent = "现在没有网络。填的、拍的都在，别关这一页，网好了会自动提交。";
    await pause(wait);
  }
  if (line) line.textContent = "正在提交…";
  form.dataset.reached = "yes";
  form.requestSubmit(button);
}

for (const form of document.querySelectorAll("form[data-steady]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.reached) return;
    event.preventDefault();
    if (form.dataset.waiting) return;
    form.dataset.waiting = "yes";
    send(form, event.submitter);
  });
}

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-steady]")) {
    delete form.dataset.reached;
    delete form.dataset.waiting;
  }
});
