"""Calls are spoken one after another: from files, by the browser's own voice, and never over each other."""

import re
from itertools import pairwise

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from onewindow.hall.actions import calling
from tests.e2e.conftest import until
from tests.hall.conftest import a_queue, a_window, a_zone, drawn, seated

pytestmark = pytest.mark.e2e

# What is played, and from when to when; the sounds themselves go on as they are.
LISTEN = """
window.played = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when) {
  played.push(["part", when, when + this.buffer.duration]);
  return start.call(this, when);
};
const ring = OscillatorNode.prototype.start, still = OscillatorNode.prototype.stop;
OscillatorNode.prototype.start = function (when) { this.rings = when; return ring.call(this, when); };
OscillatorNode.prototype.stop = function (when) {
  played.push(["chime", this.rings, when]);
  return still.call(this, when);
};
"""
# A browser with a voice of its own, that takes 0.3 s for whatever it says.
SPEAK = """
window.played = [];
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => [{ lang: "zh-CN" }],
  cancel() {},
  speak(said) {
    const row = [said.text, performance.now(), 0];
    played.push(row);
    setTimeout(() => { row[2] = performance.now(); said.onend(); }, 300);
  },
} });
"""


@pytest.fixture
def screen(visit, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    zone = a_zone()

    def at(script):
        page = visit()
        page.add_init_script(script)
        page.goto(f"/screens/{zone.site_id}/{zone.code}/", wait_until="domcontentloaded")
        page.get_by_role("button", name="打开语音").click()
        expect(page.get_by_role("button", name="打开语音")).to_be_hidden()
        return page

    return at


def windows_with_people(many):
    queue = a_queue()
    made = [a_window(f"A{n:02d}", queue) for n in range(1, many + 1)]
    for _ in made:
        drawn(queue)
    return [(window, seated(window)) for window in made]


def test_two_calls_at_once_are_joined_from_files_one_after_the_other(screen):
    call_command("hall_voice", verbosity=0)
    seats = windows_with_people(2)
    page = screen(LISTEN)
    for window, by in seats:
        calling.call_next(window, by=by)
    # 请, four signs, 号, 到, three signs, 号窗口; twice each.
    until(page, "played.filter(([what]) => what === 'part').length === 2 * 2 * 11")
    played = sorted(page.evaluate("played"), key=lambda row: row[1])
    parts = [row for row in played if row[0] == "part"]
    assert all(before[2] <= after[1] for before, after in pairwise(parts))
    chimes = [row for row in played if row[0] == "chime"]
    assert len(chimes) == 4
    assert not [(ring, part) for ring in chimes for part in parts if ring[1] < part[2] and part[1] < ring[2]]


def test_without_files_the_browser_speaks_and_what_is_over_is_not_called(screen):
    seats = windows_with_people(6)
    page = screen(SPEAK)
    tickets = [(calling.call_next(window, by=by), by) for window, by in seats]
    calling.begin(tickets[-1][0], by=tickets[-1][1])
    until(page, "new Set(played.map(([text]) => text)).size === 5 && played.at(-1)[2] > 0")
    page.wait_for_timeout(1500)
    played = page.evaluate("played")
    assert all(before[2] <= after[1] for before, after in pairwise(played))
    assert not [text for text, _, _ in played if "A 零 零 六" in text]
    assert played[0][0] == "请 A 零 零 一 号，到 A 零 一 号窗口"


def test_a_screen_that_lost_the_hall_says_how_old_it_is(visit):
    zone = a_zone()
    page = visit()
    page.clock.install()
    # The stream says one thing and breaks off; nothing else gets through either.
    page.route("**/events/", Broken())
    page.route("**/board/", lambda route: route.abort())
    with page.expect_event("requestfailed", lambda asked: asked.url.endswith("/events/")):
        page.goto(f"/screens/{zone.site_id}/{zone.code}/", wait_until="domcontentloaded")
    page.clock.run_for(40_000)
    expect(page.locator("[data-age]")).to_have_text(re.compile(r"与中心断开，显示的是 [4-9]\d 秒前的情况"))
    page.unroute("**/board/")
    with page.expect_response("**/board/"):
        page.clock.run_for(6_000)
    page.clock.run_for(1_000)
    expect(page.locator("[data-age]")).to_have_text("")


class Broken:
    """Answers once, as the hall would; after that nobody is there."""

    said = False

    def __call__(self, route):
        if self.said:
            return route.abort()
        self.said = True
        return route.fulfill(content_type="text/event-stream", body="event: alive\ndata:\n\n")
