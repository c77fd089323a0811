"""Markup that is safe by construction: only ``element`` makes it, and every other text in it is escaped.

No attribute may run or load anything: names of elements and attributes come from short lists.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from typing import Final

Attributes = Mapping[str, object]
"""Texts and numbers by name: False and None leave one out, True is one without a value."""


class Markup(str):
    """Text that is HTML already; any other text is escaped where it becomes part of some."""

    __slots__ = ()


_ELEMENTS: Final = re.compile(
    "a|abbr|article|bdi|button|caption|code|dd|details|div|dl|dt|figcaption|figure|footer|h[1-4]|header|input|label|li|"
    "main|nav|ol|p|pre|section|span|strong|summary|table|tbody|td|th|thead|tr|ul|"
    "circle|desc|g|line|path|rect|svg|text|title"
)
_VOID: Final = frozenset({"input"})
_ATTRIBUTES: Final = re.compile(
    r"aria-[a-z]+|data-[a-z-]+|class|colspan|for|height|hidden|href|id|lang|open|placeholder|role|rowspan|scope|"
    r"tabindex|title|type|width|cx|cy|d|dx|dy|fill-opacity|focusable|points|preserveAspectRatio|r|rx|text-anchor|"
    r"transform|viewBox|x|x1|x2|y|y1|y2"
)
_CONTROLS: Final = {
    **{code: chr(0x2400 + code) for code in range(0x20) if code not in (0x09, 0x0A)},
    0x7F: "\u2421",
    **dict.fromkeys(range(0x80, 0xA0), "\ufffd"),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
    0xFFFE: "\ufffd",
    0xFFFF: "\ufffd",
}
"""What a page may not hold, or shows nothing of, and what is shown for it."""


def escaped(text: str) -> Markup:
    """Return any text as what a page shows of it; what is markup already stays as it is."""
    if isinstance(text, Markup):
        return text
    return Markup(html.escape(text.translate(_CONTROLS), quote=True))


def element(name: str, attributes: Attributes | None = None, *children: str) -> Markup:
    """Return an element.

    Args:
        name: of HTML or SVG, from a list that has nothing that loads or runs.
        attributes: their names from such a list; a link leads to a place of the same page alone.
        children: what is no ``Markup`` is escaped.

    Raises:
        ValueError: if a name is on no list, or a link leads elsewhere.
    """
    if not _ELEMENTS.fullmatch(name):
        raise ValueError(f"element {name!r}: not on the list")
    opened = "".join([name, *map(_attribute, (attributes or {}).items())])
    inside = "".join(map(escaped, children))
    return Markup(f"<{opened}>" if name in _VOID else f"<{opened}>{inside}</{name}>")


def joined(parts: Iterable[str], between: str = "") -> Markup:
    """Return parts as one."""
    return Markup(escaped(between).join(map(escaped, parts)))


def apart(text: str, limit: int = 160) -> Markup:
    """Return a value of the data, which cannot turn the text around it, cut where it is long."""
    cut = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return element("bdi", {"title": text[:2_000] if cut is not text else None}, cut)


def anchor(text: str) -> str:
    """Return a name for a place of the page, the same for the same text; it holds letters, digits and ``-`` alone."""
    from xxhash import xxh3_64_hexdigest

    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40]
    return f"{plain or 'x'}-{xxh3_64_hexdigest(text.encode('utf-8', 'surrogatepass'))[:8]}"


def _attribute(item: tuple[str, object]) -> str:
    name, value = item
    if not _ATTRIBUTES.fullmatch(name):
        raise ValueError(f"attribute {name!r}: not on the list")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    if name == "href" and not str(value).startswith("#"):
        raise ValueError(f"href {str(value)[:40]!r}: leads out of the page")
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f' {name}="{escaped(str(text))}"'
