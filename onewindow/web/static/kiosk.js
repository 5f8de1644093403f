/* The kiosk turns pages by buttons, has keys on the screen, goes back to the start by itself and keeps nothing. */
"use strict";

const stage = document.querySelector("[data-idle]");
const ask = document.querySelector(".ksk-ask");
const pad = document.querySelector(".ksk-pad");
const LAST = 15; // seconds of the countdown
const idle = Number(stage.dataset.idle);
let quiet = 0;
let touched = false;

function stay() {
  quiet = 0;
  touched = true;
  if (ask) ask.hidden = true;
}
for (const kind of ["pointerdown", "keydown", "touchstart"]) document.addEventListener(kind, stay);

/* Clear-Site-Data leaves the tab's own storage: every page of a device begins with an empty one. */
sessionStorage.clear();
localStorage.clear();

function wipe() {
  for (const form of document.forms) form.reset();
  location.replace(stage.dataset.home);
}

/* The server ends the session by itself; a touch tells it that somebody is still here. */
function tell() {
  if (!stage.dataset.alive || !touched) return;
  touched = false;
  fetch(stage.dataset.alive, { cache: "no-store" }).catch(() => {});
}

let second = 0;
setInterval(() => {
  second += 1;
  if (second % 10 === 0) tell();
  if (!idle) return;
  quiet += 1;
  const left = idle - quiet;
  if (left <= 0) return wipe();
  if (ask && left <= LAST) {
    const fresh = ask.hidden;
    ask.hidden = false;
    ask.querySelector(".ksk-count").textContent = left;
    if (fresh) ask.querySelector("button").focus();
  }
}, 1000);
document.addEventListener("contextmenu", (event) => event.preventDefault());
/* A page the browser kept is not shown again. */
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

/* Printing: by the page itself, once, when its pictures are there. */
if ("print" in stage.dataset && new URLSearchParams(location.search).get("print") !== "no") {
  Promise.all([...document.images].map((image) => image.decode().catch(() => {}))).then(() => window.print());
}

/* Turning: a screen at a time, with a line of the last one left in view. */
const turns = document.querySelectorAll("[data-turn]");
function look() {
  const more = stage.scrollHeight - stage.clientHeight;
  for (const button of turns) {
    button.hidden = more < 8;
    button.disabled = button.dataset.turn === "-1" ? stage.scrollTop < 4 : stage.scrollTop > more - 4;
  }
}
if (turns.length) {
  stage.classList.add("ksk-paged");
  for (const button of turns) button.addEventListener("click", () => stage.scrollBy({ top: Number(button.dataset.turn) * (stage.clientHeight - 60) }));
  stage.addEventListener("scroll", look);
  new ResizeObserver(look).observe(stage);
  for (const part of stage.children) new ResizeObserver(look).observe(part);
  look();
}

/* Keys. */
const KEYS = {
  digits: ["123", "456", "789", "←0✓"],
  id: ["123", "456", "789", "X0←"],
  letters: ["1234567890", "QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM←"],
};
let box = null;
function kind(input) {
  if (input.dataset.pad) return input.dataset.pad;
  if (input.type === "tel" || ["numeric", "decimal", "tel"].includes(input.inputMode)) return "digits";
  return input.type === "date" ? "date" : "letters";
}
function press(key) {
  if (key === "✓") return box.form?.requestSubmit();
  if (box.type === "date") return dial(key);
  const now = box.value;
  box.value = key === "←" ? now.slice(0, -1) : now.length < (box.maxLength > 0 ? box.maxLength : 200) ? now + (box.classList.contains("ksk-plain") ? key.toLowerCase() : key) : now;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}
/* A date is typed as eight digits. */
let dialled = "";
function dial(key) {
  dialled = key === "←" ? dialled.slice(0, -1) : (dialled + key).slice(0, 8);
  pad.querySelector(".ksk-dialled").textContent = dialled.padEnd(8, "·").replace(/(.{4})(..)(..)/, "$1 年 $2 月 $3 日");
  if (dialled.length === 8) box.value = dialled.replace(/(.{4})(..)(..)/, "$1-$2-$3");
}
function show(input) {
  box = input;
  dialled = "";
  const of = kind(input);
  pad.replaceChildren();
  pad.classList.toggle("ksk-digits", of !== "letters");
  if (of === "date") {
    const line = document.createElement("p");
    line.className = "ksk-dialled";
    line.textContent = "按 8 位数字输入年月日";
    pad.append(line);
  }
  for (const row of KEYS[of === "date" ? "digits" : of]) {
    const line = document.createElement("div");
    for (const key of row) {
      if (key === "✓" && (!input.form || input.form.classList.contains("my-form"))) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = { "←": "退格", "✓": "确定" }[key] || key;
      if (button.textContent.length > 1) button.className = "ksk-key-wide";
      button.addEventListener("pointerdown", (event) => { event.preventDefault(); press(key); });
      line.append(button);
    }
    pad.append(line);
  }
  pad.hidden = false;
  input.scrollIntoView({ block: "center" });
}
/* The keys stay until the finger is up: a button that slid away from under it when they went was not pressed. */
let held = false;
let left = false;
function leave() {
  if (left && !held) pad.hidden = true;
}
if (pad) {
  document.addEventListener("pointerdown", () => { held = true; }, true);
  for (const kind of ["pointerup", "pointercancel"]) document.addEventListener(kind, () => { held = false; setTimeout(leave); }, true);
  document.addEventListener("focusin", (event) => {
    const input = event.target;
    left = false;
    if (input.matches("input:not([type=radio]):not([type=checkbox]):not([type=hidden]):not([type=file]), textarea")) show(input);
    else if (!pad.contains(input)) { left = true; setTimeout(leave); }
  });
  if (document.activeElement?.matches("input")) show(document.activeElement);
}
