/* Screens: facts by server-sent events, by polling when the stream is lost; calls are spoken one after another. */
"use strict";

const main = document.querySelector("[data-stream]");
const POLL = 5000, STALE = 15000;
let heard = Date.now(), facts = null, voice = false, speaking = false;
const spoken = new Set(), waiting = [];

function part(tag, text, name) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = text;
  return made;
}

function showZone(board) {
  const calls = main.querySelector("[data-calls]");
  const shown = board.calls.slice(0, 3).map((call, at) => {
    const line = part("p", "", "scr-call" + (at === 0 ? " scr-call-new" : ""));
    line.append(part("b", call.number), part("span", "请到"), part("strong", call.window), part("span", "号窗口"));
    return line;
  });
  calls.replaceChildren(...(shown.length ? shown : [part("p", "请留意叫号", "scr-none")]));
  main.querySelector("[data-lines]").replaceChildren(...board.queues.map((line) => {
    const row = part("p", "");
    row.append(part("span", line.name), part("b", line.waiting), part("small", "人等候"));
    return row;
  }));
  for (const call of [...board.calls].reverse()) announce(call.id, `请 ${spell(call.number)} 号，到 ${spell(call.window)} 号窗口`);
}

const SAYS = { closed: "未开放", idle: "请等候叫号", called: "请到本窗口", serving: "正在办理" };

function showWindow(board) {
  main.dataset.state = board.state;
  main.querySelector("[data-number]").textContent = board.number;
  main.querySelector("[data-say]").textContent = board.state === "paused" ? board.reason || "暂停服务" : SAYS[board.state];
  main.querySelector("[data-what]").textContent = board.queues.join(" · ");
}

/* A001 is read letter by letter, zero as 零. */
function spell(number) {
  const digits = "零一二三四五六七八九";
  return [...number].map((sign) => digits[sign] ?? sign).join(" ");
}

function announce(id, words) {
  if (spoken.has(id)) return;
  spoken.add(id);
  if (!voice) return;
  waiting.push(words, words);
  next();
}

function next() {
  if (speaking || !waiting.length) return;
  speaking = true;
  const said = new SpeechSynthesisUtterance(waiting.shift());
  said.lang = "zh-CN";
  said.rate = 0.9;
  said.onend = said.onerror = () => { speaking = false; next(); };
  speechSynthesis.speak(said);
}

function take(text) {
  heard = Date.now();
  facts = JSON.parse(text);
  if (main.dataset.board === "zone") showZone(facts); else showWindow(facts);
}

function listen() {
  if (!window.EventSource) return;
  const stream = new EventSource(main.dataset.stream);
  stream.onmessage = (event) => take(event.data);
  stream.onopen = () => { heard = Date.now(); };
}

async function poll() {
  if (Date.now() - heard < STALE) return;
  try {
    const answer = await fetch(main.dataset.facts, { cache: "no-store" });
    if (answer.ok) take(await answer.text());
  } catch { /* the age line says how old the screen is */ }
}

function tick() {
  const age = Math.round((Date.now() - heard) / 1000);
  const line = main.querySelector("[data-age]");
  line.textContent = age > 12 ? `与中心断开，显示的是 ${age} 秒前的情况` : "";
  line.classList.toggle("scr-old", age > 12);
  const clock = main.querySelector("[data-clock]");
  if (clock) clock.textContent = new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" });
}

if (main) {
  const button = main.querySelector("[data-voice]");
  if (button && !("speechSynthesis" in window)) button.hidden = true;
  button?.addEventListener("click", () => { voice = true; button.hidden = true; });
  for (const call of main.querySelectorAll(".scr-call")) spoken.add(call.textContent);
  listen();
  setInterval(poll, POLL);
  setInterval(tick, 1000);
  tick();
}
