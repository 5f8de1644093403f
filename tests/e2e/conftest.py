"""A real browser against the real program: Debian's Chromium, every page checked by axe on the way."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect, sync_playwright

from onewindow.kernel import subscribers
from tests import snapshots
from tests.conftest import load_reference

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's sync API runs a loop; the tests' own queries are sync
# The shell has no windows and menus to keep up: half the work of the whole browser.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None)
# A walk is drawn in the system's font: of the district's own, every page unpacks a dozen pieces. A module that measures
# says `FONTS = True`.
QUIET = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--disable-domain-reliability",
]  # fmt: skip
# Only what may be serious or critical is looked for, and only that is carried out of the page.
LOOK = """async () => {
  const rules = axe._audit.rules.filter((rule) => ["minor", "moderate"].includes(rule.impact));
  const off = Object.fromEntries(rules.map((rule) => [rule.id, { enabled: false }]));
  const found = await axe.run(document, { resultTypes: ["violations"], rules: off });
  return found.violations.map((each) => [each.impact, `${each.id}: ${each.nodes[0].html.slice(0, 160)}`]);
}"""
AXE = settings.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = bool(os.environ.get("ONEWINDOW_PICTURES"))
OUTPUT = Path(__file__).parent / "output"
# On a machine with other things to do; an act waits for its page, and the first search makes the index.
expect.set_options(timeout=15_000)
PATIENCE = 60_000


@pytest.fixture(scope="module")
def browser(request):
    """Closed with its module: while it is open a loop runs in this thread, and other tests want their own."""
    if CHROMIUM is None:
        pytest.fail("没有 Chromium：apt-get install chromium-headless-shell（或 chromium）fonts-noto-cjk")
    with sync_playwright() as playwright:
        fonts = getattr(request.module, "FONTS", False) or PICTURES
        args = QUIET if fonts else [*QUIET, "--disable-remote-fonts"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        yield chromium
        chromium.close()


@pytest.fixture
def district(transactional_db, settings, live_server):
    """The reference district as `make demo` loads it."""
    settings.PUBLIC_URL = live_server.url
    snapshots.take("reference", load_reference)
    snapshots.take("district", _load_with_accounts)
    snapshots.put_back("district")
    return live_server


def _load_with_accounts() -> None:
    snapshots.put_back("reference")
    call_command("demo_accounts", verbosity=0)
    # Every item's publication is a row that each subscriber passes: once, not in every walk.
    worker_catches_up()


@pytest.fixture
def visit(browser: Browser, district):
    """Open a browser of one's own: `visit()` a desktop, `visit(phone=True)` a phone, `js=False` without scripts."""
    contexts = []

    def open_browser(*, phone: bool = False, js: bool = True) -> Page:
        size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 900}
        context = browser.new_context(
            base_url=district.url, viewport=size, java_script_enabled=js, locale="zh-CN", bypass_csp=False
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"页面脚本出错：{error}"))
        return page

    yield open_browser
    for context in contexts:
        context.close()


def serious_faults(page: Page) -> list[str]:
    """What axe calls serious or critical on the page as it stands."""
    page.wait_for_load_state()
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return [f"{page.url} {fault}" for impact, fault in page.evaluate(LOOK) if impact in {"serious", "critical"}]


def until(page: Page, what: str) -> None:
    """Asked from outside: the page's own policy forbids to evaluate strings in it, as `wait_for_function` does."""
    for _ in range(PATIENCE // 250):
        if page.evaluate(what):
            return
        page.wait_for_timeout(250)
    pytest.fail(f"never: {what} at {page.url}")


def look(page: Page, name: str) -> None:
    """Axe, and a picture to look at when ONEWINDOW_PICTURES is set."""
    assert serious_faults(page) == []
    if PICTURES:
        OUTPUT.mkdir(exist_ok=True)
        page.screenshot(path=OUTPUT / f"{name}-{page.viewport_size['width']}.png", full_page=True)


def worker_catches_up() -> None:
    """What the worker does every half second."""
    while subscribers.run_once():
        pass
