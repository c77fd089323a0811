"""The page as a whole: its head forbids whatever comes from outside, and it has its own style and script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

from rowmill.core.version import __version__
from rowmill.quality.page.blocks import Chapter
from rowmill.quality.page.markup import Markup, element, escaped, joined

_BEGINS = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-"
)
"""Of every page: nobody else's begins so by chance."""


def document(title: str, lead: str, sections: Sequence[Chapter], *, filtered: str | None = None) -> str:
    """Return a whole page.

    Args:
        title: plain text.
        lead: a line below the title; plain text or markup.
        sections: in order.
        filtered: label of a field that finds cards by their names; None where the page needs none.
    """
    style, script = _part("page.css"), _part("page.js")
    policy = f"{_hash(style)}'; script-src 'sha256-{_hash(script)}'; base-uri 'none'; form-action 'none'"
    head = (
        f'{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">'
        f"<title>{escaped(title)}</title><style>{style}</style>"
    )
    body = joined(
        (
            element("a", {"class": "skip", "href": "#content"}, "Skip to the content"),
            _header(title, lead),
            element(
                "div",
                {"class": "page"},
                _contents(sections, filtered),
                element("main", {"id": "content", "tabindex": -1}, *map(_chapter, sections)),
            ),
            element("footer", None, f"Made by rowmill {__version__}. This page loads nothing and sends nothing."),
        )
    )
    return f"{_BEGINS}{head}</head><body>{body}<script>{script}</script></body></html>\n"


def is_page(beginning: bytes) -> bool:
    """Return whether a file begins as our pages do; 200 bytes are enough."""
    return beginning.startswith(_BEGINS.encode())


def _header(title: str, lead: str) -> Markup:
    toggle = element(
        "button", {"type": "button", "class": "toggle", "id": "theme", "aria-pressed": "false", "hidden": True}, "Dark"
    )
    told = element("div", None, element("h1", None, title), element("p", {"class": "lead"}, lead))
    return element("header", {"class": "top"}, told, toggle)


def _contents(sections: Sequence[Chapter], filtered: str | None) -> Markup:
    field = Markup("")
    if filtered is not None:
        field = element(
            "div",
            {"class": "find", "hidden": True, "id": "finder"},
            element("label", {"for": "find"}, filtered),
            element("input", {"id": "find", "type": "search", "placeholder": "name"}),
            element("p", {"id": "found", "role": "status", "class": "muted"}, ""),
        )
    lines = (
        element("li", None, element("a", {"href": f"#{each.anchor}"}, each.title), _listed(each.parts))
        for each in sections
    )
    return element("nav", {"aria-label": "Contents"}, field, element("ol", None, *lines))


def _listed(parts: Iterable[tuple[str, str]]) -> Markup:
    made = [
        element("li", {"data-name": title}, element("a", {"href": f"#{anchor}"}, element("bdi", None, title)))
        for title, anchor in parts
    ]
    return element("ol", None, *made) if made else Markup("")


def _chapter(section: Chapter) -> Markup:
    heading = f"{section.anchor}-title"
    return element(
        "section",
        {"id": section.anchor, "aria-labelledby": heading},
        element("h2", {"id": heading}, section.title),
        section.body,
    )


@cache
def _part(name: str) -> str:
    return files("rowmill.quality.page").joinpath(name).read_text("utf-8").strip()


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
