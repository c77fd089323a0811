"""Tables as boxes, and lines from each to those that it refers to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rowmill.quality.page.charts import picture
from rowmill.quality.page.markup import Markup, element

_WIDE, _HEAD, _LINE = 180, 30, 18
_APART, _BELOW = 80, 30
_LINES: Final = 8
"""Columns that a box shows at most."""


@dataclass(frozen=True, slots=True)
class Box:
    """A table."""

    name: str
    note: str
    """Beside the name, such as how many rows it has."""
    lines: tuple[str, ...]
    """Columns that arrows start from or lead to."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """From columns of a table to the table whose rows they name."""

    start: str
    end: str
    label: str
    """Such as the share of rows whose other row is there."""
    sound: bool = True
    """Whether all is as it should be; drawn in another colour where not."""


@dataclass(slots=True)
class _Room:
    """Where boxes stand, and how often a place was taken by a line."""

    places: Mapping[str, tuple[float, float]]
    floor: float
    """Below all boxes."""
    taken: Counter[str] = field(default_factory=Counter)

    def turn(self, place: str) -> int:
        """Return the how-manieth line takes a place."""
        self.taken[place] += 1
        return self.taken[place]


def diagram(title: str, boxes: Sequence[Box], arrows: Sequence[Arrow]) -> Markup:
    """Return boxes in columns, so that arrows lead to the right where they can.

    Args:
        title: what is shown.
        boxes: names differ.
        arrows: of boxes that are there; others are left out.
    """
    known = {box.name: box for box in boxes}
    drawn = [arrow for arrow in arrows if arrow.start in known and arrow.end in known]
    places = _places(boxes, drawn)
    width = max((x for x, _ in places.values()), default=0) + _WIDE + 20
    room = _Room(places, max((places[box.name][1] + _tall(box) for box in boxes), default=0.0))
    parts = [part for arrow in drawn for part in _line(arrow, known, room)]
    parts += [part for box in boxes for part in _box(box, *places[box.name])]
    height = room.floor + 40 + 8 * room.taken["floor"]
    told = "; ".join(f"{arrow.start} refers to {arrow.end} ({arrow.label})" for arrow in drawn)
    told = f"{len(boxes)} tables. {told or 'None refers to another'}."
    return picture(title, told, (width, height), *parts, wide=True)


def _tall(box: Box) -> int:
    return _HEAD + _LINE * min(len(box.lines), _LINES) + 8


def _places(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> dict[str, tuple[float, float]]:
    """Return the upper left corner of each box: what others refer to stands further to the right."""
    rank = dict.fromkeys((box.name for box in boxes), 0)
    # As often as there are boxes: a circle would push its boxes further for ever.
    for _ in boxes:
        for arrow in arrows:
            if arrow.start != arrow.end and rank[arrow.end] <= rank[arrow.start] < len(boxes) - 1:
                rank[arrow.end] = rank[arrow.start] + 1
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


def _line(arrow: Arrow, boxes: Mapping[str, Box], room: _Room) -> list[Markup]:
    (x0, y0), (x1, y1) = room.places[arrow.start], room.places[arrow.end]
    start_y = y0 + _HEAD + min(_LINE * (room.turn(arrow.start) - 0.4), _tall(boxes[arrow.start]) - _HEAD - 4)
    end_y = y1 + 8 + min(9.0 * room.turn(f">{arrow.end}"), _tall(boxes[arrow.end]) - 14)
    a, at = x0 + _WIDE, (x0 + _WIDE + 8, start_y - 4)
    if arrow.start == arrow.end:
        a, bottom = x0 + _WIDE - 24, y0 + _tall(boxes[arrow.start])
        path, tip = f"M{a} {bottom}c0 26 -60 26 -60 0", f"M{a - 60} {bottom}l-4 8h8z"
        at = (a - 24, bottom + 32)
    elif x1 <= x0:
        b = x1 + _WIDE
        path = f"M{a} {start_y:.1f}C{a + 46} {start_y:.1f} {b + 46} {end_y:.1f} {b} {end_y:.1f}"
        tip = f"M{b} {end_y:.1f}l8 -4v8z"
    else:
        tip = f"M{x1} {end_y:.1f}l-8 -4v8z"
        if x1 - a <= _APART:
            bend = (x1 - a) / 2
            path = f"M{a} {start_y:.1f}C{a + bend} {start_y:.1f} {x1 - bend} {end_y:.1f} {x1} {end_y:.1f}"
        else:
            # Around what stands between.
            low, far = room.floor + 8 * room.turn("floor"), _APART * 0.75
            path = (
                f"M{a} {start_y:.1f}C{a + far} {start_y:.1f} {a} {low} {a + far} {low}H{x1 - far}"
                f"C{x1} {low} {x1 - far} {end_y:.1f} {x1} {end_y:.1f}"
            )
    told = element("title", None, f"{arrow.start} → {arrow.end}: {arrow.label}")
    made = [element("path", {"d": path, "class": "link" if arrow.sound else "link bad"}, told)]
    made.append(element("path", {"d": tip, "class": "tip" if arrow.sound else "tip bad"}))
    if not arrow.sound:
        made.append(element("text", {"x": round(at[0], 1), "y": round(at[1], 1), "class": "bad"}, arrow.label))
    return made


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
