/* The map stays as it is on the page: news change words and colours in place, so that what is ticked stays ticked. */
"use strict";

const map = document.querySelector("form.flr");
const POLL = 8000, STALE = 25000;
let heard = Date.now(), known = null;

function put(place, selector, text) {
  const found = place?.querySelector(selector);
  if (found && found.textContent !== String(text)) found.textContent = text;
}

function age(since) {
  if (!since) return "";
  const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(since)) / 60000));
  return minutes < 1 ? "刚刚" : minutes < 100 ? `${minutes} 分` : `${Math.floor(minutes / 60)} 小时`;
}

function showZone(zone) {
  const figures = map.querySelector(`[data-zone="${zone.id}"]`);
  for (const name of ["waiting", "oldest", "open", "minutes", "done", "missed", "stars", "rated"]) {
    put(figures, `[data-figure="${name}"]`, zone[name] ?? "—");
  }
  for (const queue of zone.queues) {
    const line = map.querySelector(`[data-queue="${queue.id}"]`);
    put(line, '[data-figure="waiting"]', queue.waiting);
    put(line, '[data-figure="wait"]', queue.wait);
  }
  for (const each of zone.windows) {
    const tile = map.querySelector(`[data-window="${each.id}"]`);
    if (!tile) continue;
    tile.dataset.state = each.state;
    tile.dataset.since = each.since;
    put(tile, "[data-say]", each.say);
    put(tile, "[data-more]", each.ticket || each.reason);
    put(tile, "[data-officer]", each.officer);
    put(tile, "[data-groups]", each.groups.join("、"));
  }
}

function take(text) {
  heard = Date.now();
  const facts = JSON.parse(text);
  facts.zones.forEach(showZone);
  const alerts = JSON.stringify(facts.alerts);
  if (known !== null && alerts !== known) window.htmx?.trigger("#alerts", "changed");
  known = alerts;
  tick();
}

function listen() {
  if (!window.EventSource) return;
  const stream = new EventSource(map.dataset.stream);
  stream.onmessage = (event) => take(event.data);
  stream.onopen = () => { heard = Date.now(); };
  stream.addEventListener("alive", () => { heard = Date.now(); });
}

async function poll() {
  if (Date.now() - heard < STALE) return;
  try {
    const answer = await fetch(map.dataset.facts, { cache: "no-store" });
    if (answer.ok) take(await answer.text());
  } catch { /* the line at the top says how old the picture is */ }
}

function tick() {
  for (const tile of map.querySelectorAll("[data-window]")) put(tile, "[data-age]", age(tile.dataset.since));
  const old = Date.now() - heard > STALE + POLL;
  const line = document.querySelector("[data-live]");
  const clock = new Date(heard).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" });
  const words = old ? `与中心断开，这是 ${clock} 的情况` : "实时";
  if (line.textContent !== words) line.textContent = words;
  line.classList.toggle("flr-old", old);
}

function count() {
  const many = map.querySelectorAll('[name="window"]:checked').length;
  map.querySelector("[data-chosen]").textContent = many ? `选了 ${many} 个窗口` : "勾选窗口，就能改它们办的业务";
}

if (map) {
  map.addEventListener("change", count);
  listen();
  setInterval(poll, POLL);
  setInterval(tick, 10000);
  count();
  tick();
}
