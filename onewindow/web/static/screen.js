/* Screens: facts by server-sent events, by polling when the stream is lost; calls are spoken one after another. */
"use strict";

const main = document.querySelector("[data-stream]");
const POLL = 5000, STALE = 15000;
let heard = Date.now(), facts = null, voice = null;
const called = new Set();

function part(tag, text, name) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = text;
  return made;
}

function showZone(board) {
  const calls = main.querySelector("[data-calls]");
  const shown = board.calls.map((call, at) => {
    const line = part("p", "", "scr-call" + (at === 0 ? " scr-call-new" : at < 3 ? "" : " scr-call-before"));
    line.append(part("b", call.number), part("span", "请到"), part("strong", call.window), part("span", "号窗口"));
    return line;
  });
  calls.replaceChildren(...(shown.length ? shown : [part("p", "请留意叫号", "scr-none")]));
  main.querySelector("[data-lines]").replaceChildren(...board.queues.map((line) => {
    const row = part("p", "");
    row.append(part("span", line.name), part("b", line.waiting), part("small", "人等候"));
    return row;
  }));
  for (const call of [...board.calls].reverse()) announce(call);
}

const SAYS = { closed: "未开放", idle: "请等候叫号", called: "请到本窗口", serving: "正在办理", rating: "请为刚才的服务评价" };
let until = 0;

function showWindow(board) {
  main.dataset.state = board.state;
  main.querySelector("[data-number]").textContent = board.number;
  main.querySelector("[data-say]").textContent = board.state === "paused" ? board.reason || "暂停服务" : SAYS[board.state];
  main.querySelector("[data-what]").textContent = board.queues.join(" · ");
  until = board.state === "rating" ? Date.now() + board.seconds * 1000 : 0;
  main.querySelector("[data-qr]").innerHTML = board.qr || ""; // drawn by our own server
}

/* Nobody rated: back to waiting. */
function endRating() {
  if (!until || Date.now() < until) return;
  until = 0;
  showWindow({ ...facts, state: "idle", number: "", qr: "" });
}

/* Once for every call and recall; what was on the screen when it was switched on is not news. */
function announce(call) {
  if (called.has(call.id)) return;
  called.add(call.id);
  if (voice && call.state === "called") voice.say(call.number, call.window, () => stands(call.id));
}

function stands(id) {
  return facts.calls.some((call) => call.id === id && call.state === "called");
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
  stream.addEventListener("alive", () => { heard = Date.now(); });
}

async function poll() {
  if (Date.now() - heard < STALE) return;
  try {
    const answer = await fetch(main.dataset.facts, { cache: "no-store" });
    if (answer.ok) take(await answer.text());
  } catch { /* the age line says how old the screen is */ }
}

function tick() {
  endRating();
  const age = Math.round((Date.now() - heard) / 1000);
  const line = main.querySelector("[data-age]");
  line.textContent = age > 12 ? `与中心断开，显示的是 ${age} 秒前的情况` : "";
  line.classList.toggle("scr-old", age > 12);
  const clock = main.querySelector("[data-clock]");
  if (clock) clock.textContent = new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" });
}

/* A screen whose browser may play by itself speaks at once; elsewhere somebody presses the button. */
function openVoice() {
  const button = main.querySelector("[data-voice]");
  if (!button) return;
  voice = new Announcer(main.dataset.zone, main.dataset.parts);
  button.hidden = voice.ready;
  button.addEventListener("click", async () => { await voice.open(); button.hidden = true; });
}

/* 评价: five levels, one touch; the screen thanks and goes on. */
function openRating() {
  const form = main.querySelector("[data-rating]");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!facts?.token || form.dataset.sent === facts.token) return;
    form.dataset.sent = facts.token;
    const said = new FormData(form);
    said.set("stars", event.submitter.value);
    let thanked = false;
    try {
      thanked = (await fetch(`${main.dataset.ratings}${facts.token}/`, { method: "POST", body: said })).ok;
    } catch { /* the line is down: the code on the screen works from the phone */ }
    if (!thanked) delete form.dataset.sent;
    main.querySelector("[data-say]").textContent = thanked ? "谢谢您的评价" : "没有送出去，请再按一次";
  });
}

if (main) {
  openVoice();
  openRating();
  facts = JSON.parse(document.getElementById("facts").textContent);
  facts.calls?.forEach((call) => called.add(call.id));
  if (main.dataset.board === "window") showWindow(facts);
  listen();
  setInterval(poll, POLL);
  setInterval(tick, 1000);
  tick();
}
