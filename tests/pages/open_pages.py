"""Open pages in a browser as people do: light and dark, wide and on a phone, by keyboard, printed; say what is wrong.

It needs Chromium, and Playwright in an environment of its own: ``make test-pages`` has it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

_QUIET = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
VIEWS = {
    "light": {"viewport": {"width": 1360, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1360, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "has_touch": True},
}
_LARGEST = 2_000_000
_PATIENCE = 180_000
"""Milliseconds: a busy machine is slow."""


def main(folder: Path) -> int:
    """Return how many things are wrong."""
    wrong = []
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        sys.exit("NO CHROMIUM HERE: apt-get install chromium fonts-liberation; no page was opened")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_QUIET)
        for path in sorted(folder.glob("*.html")):
            for view in VIEWS:
                wrong += [f"{path.name}, {view}: {each}" for each in looked_at(browser, path, view)]
            if path.stat().st_size > _LARGEST:
                wrong.append(f"{path.name}: {path.stat().st_size:,} bytes")
        browser.close()
    for line in wrong:
        print(line)
    pages = len(list(folder.glob("*.html")))
    print(f"{pages} pages opened in {len(VIEWS)} views each; {len(wrong)} things wrong")
    return len(wrong) + (not pages)


def looked_at(browser: Browser, path: Path, view: str) -> Iterator[str]:
    """Yield what is wrong with a page in a view."""
    context = browser.new_context(**VIEWS[view])
    context.set_default_timeout(_PATIENCE)
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.resolve().as_uri())
    title = page.title()
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{path.stem}-{view}.png"), full_page=True)
    yield from used(page)
    for each in page.query_selector_all("summary")[:1]:
        each.click()
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    page.mouse.wheel(0, 5_000)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        yield f"is {wide} pixels wider than the window"
    page.pdf()
    if page.title() != title or not title.startswith("Profile of "):
        yield f"its title is {page.title()!r}"
    if asked != [path.resolve().as_uri()]:
        yield f"asked for {asked[1:]}"
    yield from (f"said {text}" for text in said)
    context.close()


def used(page: Page) -> Iterator[str]:
    """Yield what does not work with the keyboard, the button for colours and the field that finds columns."""
    page.keyboard.press("Tab")
    if page.evaluate("document.activeElement.className") != "skip":
        yield "the first stop of the keyboard does not lead to the content"
    page.keyboard.press("Enter")
    if page.evaluate("location.hash") != "#content":
        yield "the first link does not lead to the content"
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#theme")
    if page.evaluate("getComputedStyle(document.body).backgroundColor") == before:
        yield "the button changes no colours"
    page.click("#theme")
    if page.evaluate("getComputedStyle(document.body).backgroundColor") != before:
        yield "the button does not change them back"
    cards = page.locator("article[data-name]")
    page.fill("#find", "no column has such a name")
    if cards.filter(visible=True).count():
        yield "the field finds columns of other names"
    page.fill("#find", "")
    if cards.filter(visible=True).count() != cards.count():
        yield "the field hides columns when it is empty"
    page.emulate_media(media="print")
    if page.locator("nav").is_visible():
        yield "the list of contents is printed"
    page.emulate_media(media="screen")


if __name__ == "__main__":
    sys.exit(min(main(Path(sys.argv[1])), 1))
