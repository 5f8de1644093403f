/* Reading aloud: the page's own words, one block after the other, the block being read marked. The browser's voices
   do it, offline where the system has some; without any the button stays away. */
"use strict";

const BLOCKS = "h1,h2,h3,p,li,dt,dd,legend,label,summary,th,td";
const SKIP = "nav,button,.ow-noread,.visually-hidden,[hidden],.ow-basis,.ow-actions,svg,form.ow-keep";

function words(block) {
  const copy = block.cloneNode(true);
  copy.querySelectorAll(`${SKIP},${BLOCKS}`).forEach((part) => part.remove());
  return copy.textContent.replace(/\s+/g, " ").trim();
}

function blocks(root) {
  return [...root.querySelectorAll(BLOCKS)].filter((block) => !block.closest(SKIP) && block.offsetParent && words(block));
}

function utter(text, element) {
  const speech = new SpeechSynthesisUtterance(text);
  speech.lang = element.closest("[lang]")?.lang.startsWith("en") ? "en-GB" : "zh-CN";
  speech.rate = 0.9;
  return speech;
}

function stop(button) {
  speechSynthesis.cancel();
  document.querySelector(".ow-reading")?.classList.remove("ow-reading");
  button.setAttribute("aria-pressed", "false");
}

function read(button) {
  const queue = blocks(document.getElementById("main"));
  button.setAttribute("aria-pressed", "true");
  const next = () => {
    document.querySelector(".ow-reading")?.classList.remove("ow-reading");
    const block = queue.shift();
    if (!block || button.getAttribute("aria-pressed") !== "true") return stop(button);
    block.classList.add("ow-reading");
    block.scrollIntoView({ block: "nearest" });
    const speech = utter(words(block), block);
    speech.onend = next;
    speech.onerror = () => stop(button);
    speechSynthesis.speak(speech);
  };
  next();
}

/* In voice mode a question is read when one comes to it. */
function question(field) {
  const named = field.closest("fieldset")?.querySelector("legend") || field.labels?.[0];
  const notes = (field.getAttribute("aria-describedby") || "").split(" ").map((id) => document.getElementById(id));
  return [named, field.type === "radio" ? field.labels?.[0] : null, ...notes]
    .filter(Boolean)
    .map((part) => part.textContent.replace(/\s+/g, " ").trim())
    .join("。");
}

if ("speechSynthesis" in window) {
  for (const button of document.querySelectorAll("[data-aloud]")) {
    button.hidden = false;
    button.addEventListener("click", () => (button.getAttribute("aria-pressed") === "true" ? stop(button) : read(button)));
  }
  addEventListener("pagehide", () => speechSynthesis.cancel());
  if (document.documentElement.classList.contains("voice")) {
    document.addEventListener("focusin", ({ target }) => {
      if (!target.matches("main input, main select, main textarea")) return;
      const text = question(target);
      if (!text) return;
      speechSynthesis.cancel();
      speechSynthesis.speak(utter(text, target));
    });
  }
}
