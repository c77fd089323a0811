"""Tables as boxes, and lines from each to those that it refers to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rowmill.quality.page.charts import picture
from rowmill.quality.page.markup import Markup, element

_WIDE, _HEAD, _LINE = 190, 30, 18
_APART, _BELOW = 130, 26
_LINES: Final = 8
"""Columns that a box shows at most."""


@dataclass(frozen=True, slots=True)
class Box:
    """A table."""

    name: str
    note: str
    """Beside the name, such as how many rows it has."""
    lines: tuple[str, ...]
    """Columns that links start from or lead to."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """From columns of a table to the table whose rows they name."""

    start: str
    end: str
    label: str
    """Such as the share of rows whose other row is there."""
    sound: bool = True
    """Whether all is as it should be; drawn in another colour where not."""


def diagram(title: str, boxes: Sequence[Box], links: Sequence[Arrow]) -> Markup:
    """Return boxes in columns, so that links lead to the right, and back to the box itself around its side.

    Args:
        title: what is shown.
        boxes: names differ.
        links: of boxes that are there; others are left out.
    """
    known = {box.name for box in boxes}
    drawn_links = [link for link in links if link.start in known and link.end in known]
    places = _places(boxes, drawn_links)
    width = max((x for x, _ in places.values()), default=0) + _WIDE + 60
    height = max((places[box.name][1] + _tall(box) for box in boxes), default=0) + 14
    parts: list[Markup] = []
    taken: dict[str, int] = {}
    for link in drawn_links:
        parts += _line(link, places, {box.name: box for box in boxes}, taken)
    parts += [part for box in boxes for part in _box(box, *places[box.name])]
    told = (
        "; ".join(f"{link.start} refers to {link.end} ({link.label})" for link in drawn_links)
        or "No table refers to another"
    )
    return picture(title, f"{len(boxes)} tables. {told}.", (width, height), *parts, wide=True)


def _tall(box: Box) -> int:
    return _HEAD + _LINE * min(len(box.lines), _LINES) + 8


def _places(boxes: Sequence[Box], links: Sequence[Arrow]) -> dict[str, tuple[float, float]]:
    """Return the upper left corner of each box: what others refer to stands further to the right."""
    rank = dict.fromkeys((box.name for box in boxes), 0)
    # As often as there are boxes: a circle would push its boxes further for ever.
    for _ in boxes:
        for link in links:
            if link.start != link.end and rank[link.end] <= rank[link.start] < len(boxes) - 1:
                rank[link.end] = rank[link.start] + 1
    order = sorted({*rank.values()})
    below: dict[int, float] = {}
    found = {}
    for box in boxes:
        column = order.index(rank[box.name])
        y = below.get(column, 8.0)
        found[box.name] = (8.0 + column * (_WIDE + _APART), y)
        below[column] = y + _tall(box) + _BELOW
    return found


def _box(box: Box, x: float, y: float) -> list[Markup]:
    shown = box.lines[:_LINES]
    parts = [
        element("rect", {"x": x, "y": y, "width": _WIDE, "height": _tall(box), "rx": 8, "class": "box"}),
        element(
            "path",
            {"d": f"M{x} {y + _HEAD}v{8 - _HEAD}q0 -8 8 -8h{_WIDE - 16}q8 0 8 8v{_HEAD - 8}z", "class": "boxhead"},
        ),
        element(
            "text", {"x": x + 10, "y": y + 19, "class": "strong"}, _cut(box.name, 16), element("title", None, box.name)
        ),
        element("text", {"x": x + _WIDE - 10, "y": y + 19, "text-anchor": "end"}, box.note),
    ]
    for n, line in enumerate(shown):
        text = _cut(line, 27) if n < _LINES - 1 or len(box.lines) <= _LINES else f"and {len(box.lines) - n} more"
        parts.append(element("text", {"x": x + 10, "y": y + _HEAD + _LINE * n + 15}, text))
    return parts


def _line(
    link: Arrow, places: dict[str, tuple[float, float]], boxes: dict[str, Box], taken: dict[str, int]
) -> list[Markup]:
    (x0, y0), (x1, y1) = places[link.start], places[link.end]
    taken[link.start] = taken.get(link.start, 0) + 1
    taken[f">{link.end}"] = taken.get(f">{link.end}", 0) + 1
    start_y = y0 + _HEAD + min(_LINE * (taken[link.start] - 0.4), _tall(boxes[link.start]) - _HEAD - 4)
    end_y = y1 + 8 + min(9.0 * taken[f">{link.end}"], _tall(boxes[link.end]) - 14)
    kind = "link" if link.sound else "link bad"
    if link.start == link.end:
        x = x0 + _WIDE
        path = f"M{x} {start_y:.1f}c38 0 38 {end_y - start_y:.1f} 0 {end_y - start_y:.1f}"
        tip, at, anchor = f"M{x} {end_y:.1f}l8 -4v8z", (x + 33, (start_y + end_y) / 2 + 4), "start"
    else:
        right = x1 > x0
        a, b = (x0 + _WIDE, x1) if right else (x0 + _WIDE, x1 + _WIDE)
        bend = (b - a) / 2 if right else 46
        into = b - bend if right else b + 46
        path = f"M{a} {start_y:.1f}C{a + bend:.1f} {start_y:.1f} {into:.1f} {end_y:.1f} {b} {end_y:.1f}"
        tip = f"M{b} {end_y:.1f}l{-8 if right else 8} -4v8z"
        at, anchor = ((a + 8, start_y - 4), "start") if right else ((a + 40, (start_y + end_y) / 2), "start")
    return [
        element("path", {"d": path, "class": kind}, element("title", None, f"{link.start} → {link.end}: {link.label}")),
        element("path", {"d": tip, "class": "tip" if link.sound else "tip bad"}),
        element(
            "text",
            {"x": round(at[0], 1), "y": round(at[1], 1), "text-anchor": anchor, "class": None if link.sound else "bad"},
            link.label,
        ),
    ]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
