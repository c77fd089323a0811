"""Parts of a page: sections, tables with captions, lists of facts, tiles, badges and messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rowmill.quality.page.markup import Markup, element, joined

Tone = Literal["good", "notice", "warning", "bad", "plain"]
"""How grave a message is; each has a word beside its colour."""
_WORDS = {"good": "Good", "notice": "Note", "warning": "Warning", "bad": "Problem", "plain": ""}


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of a page that its list of contents names."""

    title: str
    anchor: str
    """Its name in links: letters, digits and ``-``."""
    body: Markup
    parts: tuple[tuple[str, str], ...] = ()
    """What the list of contents names below it: title and anchor of places in the body."""


def paragraph(*text: str) -> Markup:
    """Return a paragraph."""
    return element("p", None, *text)


def muted(*text: str) -> Markup:
    """Return text that matters less."""
    return element("span", {"class": "muted"}, *text)


def badge(text: str, tone: Tone = "plain") -> Markup:
    """Return a word in a frame."""
    return element("span", {"class": f"badge {tone}"}, text)


def tiles(pairs: Iterable[tuple[str, str]]) -> Markup:
    """Return large figures with what each is: pairs of what and value."""
    made = (
        element("div", {"class": "tile"}, element("dt", None, what), element("dd", None, value))
        for what, value in pairs
    )
    return element("dl", {"class": "tiles"}, *made)


def facts(pairs: Iterable[tuple[str, str]]) -> Markup:
    """Return small figures in columns: pairs of what and value."""
    made = (element("div", None, element("dt", None, what), element("dd", None, value)) for what, value in pairs)
    return element("dl", {"class": "facts"}, *made)


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Iterable[int] = (),
    tall: bool = False,
) -> Markup:
    """Return a table that scrolls sideways where it is too wide.

    Args:
        caption: says what it shows, to all readers.
        heads: of the columns.
        rows: of cells; the first names its row.
        numbers: columns whose cells stand at the right.
        tall: whether it scrolls downwards too.
    """
    right = set(numbers)
    kind = [{"class": "number"} if place in right else {} for place in range(len(heads))]
    head = element("tr", None, *(element("th", {"scope": "col", **kind[n]}, text) for n, text in enumerate(heads)))
    body = joined(
        element(
            "tr",
            None,
            *(
                element("td" if n else "th", {**kind[n]} if n else {"scope": "row", **kind[n]}, cell)
                for n, cell in enumerate(row)
            ),
        )
        for row in rows
    )
    made = element(
        "table", None, element("caption", None, caption), element("thead", None, head), element("tbody", None, body)
    )
    classes = "scroll tall" if tall else "scroll"
    # Who has no mouse scrolls what has the focus.
    return element("div", {"class": classes, "tabindex": 0, "role": "region", "aria-label": caption}, made)


def message(tone: Tone, *text: str) -> Markup:
    """Return one line of a list of messages."""
    return element(
        "li",
        {"class": f"message {tone}"},
        element("strong", {"class": "tone"}, _WORDS[tone]),
        element("div", None, *text),
    )


def messages(made: Iterable[Markup]) -> Markup:
    """Return messages as a list."""
    return element("ul", {"class": "messages"}, *made)


def folded(summary: str, *inside: str, open_: bool = False) -> Markup:
    """Return what is shown when its summary is clicked, and in print."""
    return element("details", {"open": open_}, element("summary", None, summary), *inside)


def card(title: str, anchor: str, *inside: str, level: int = 3, name: str | None = None) -> Markup:
    """Return a framed part of a section.

    Args:
        title: its heading.
        anchor: its name in links.
        inside: what it holds.
        level: of the heading, 3 or 4.
        name: by which the filter of the page finds it; None for none.
    """
    attributes = {"class": "card", "id": anchor, "data-name": name}
    return element("article", attributes, element(f"h{level}", None, title), *inside)


def side_by_side(*parts: str) -> Markup:
    """Return parts beside one another, or below where the page is narrow."""
    return element("div", {"class": "beside"}, *(element("div", None, part) for part in parts))


def link(text: str, anchor: str) -> Markup:
    """Return a link to another place of the page."""
    return element("a", {"href": f"#{anchor}"}, text)
