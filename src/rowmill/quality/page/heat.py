"""Heat maps: cells whose colour is as deep as their value is far from 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rowmill.quality.page.charts import cut, picture
from rowmill.quality.page.markup import Markup, element
from rowmill.quality.page.numbers import short


@dataclass(frozen=True, slots=True)
class Grid:
    """Values in rows and columns; None where there is none."""

    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[float | None]]
    """Row by row."""


def heat_map(
    title: str,
    grid: Grid,
    *,
    show: Callable[[float], str] = short,
    written: bool = False,
    name_room: int = 40,
    most: float | None = None,
) -> Markup:
    """Return cells whose colour is as deep as their value is far from 0; below 0 in another colour.

    Args:
        title: what is shown.
        grid: the values.
        show: how a value is written.
        written: whether values stand in the cells; then they are larger.
        most: the value whose colour is deepest; None for the one furthest from 0.
        name_room: room for the names of rows, in the chart's units; names above stand upright where they are long.
    """
    rows, columns, values = grid.rows, grid.columns, grid.values
    wide = 46 if written else max(14.0, min(28.0, 640 / max(len(columns), 1)))
    tall = 24 if written else 18
    upright = max(map(len, columns), default=0) * 6.5 > wide
    head = min(120, 12 + 6 * max(map(len, columns), default=0)) if upright else 18
    most = most or max((abs(value) for row in values for value in row if value is not None), default=0) or 1
    drawn = [
        element(
            "text",
            {"x": name_room - 5, "y": head + tall * n + tall / 2 + 4, "text-anchor": "end"},
            cut(name, name_room),
        )
        for n, name in enumerate(rows)
    ]
    for k, name in enumerate(columns):
        x = name_room + wide * k + wide / 2
        turned = {"transform": f"translate({x + 4:g} {head - 5}) rotate(-60)"} if upright else {"x": x, "y": head - 5}
        drawn.append(element("text", {**turned, "text-anchor": "start" if upright else "middle"}, cut(name, 110)))
    for n, row in enumerate(values):
        for k, value in enumerate(row):
            box = {"x": name_room + wide * k, "y": head + tall * n, "width": wide, "height": tall}
            drawn += _cell(box, value, most, f"{rows[n]}, {columns[k]}", show if written else None, show)
    # Turned names stand out at the right.
    size = (name_room + wide * len(columns) + (head * 0.6 if upright else 4), head + tall * len(rows) + 2)
    return picture(title, _extremes(grid, show), size, *drawn, wide=size[0] > 400)


def _cell(
    box: Mapping[str, float],
    value: float | None,
    most: float,
    name: str,
    inside: Callable[[float], str] | None,
    show: Callable[[float], str],
) -> list[Markup]:
    if value is None:
        return [element("rect", {**box, "class": "cell empty"}, element("title", None, f"{name}: none"))]
    deep = round(abs(value) / most, 3)
    kind = {"class": f"cell {'s0' if value >= 0 else 's1'}", "fill-opacity": deep}
    made = [
        element("rect", {**box, "class": "cell empty"}),
        element("rect", {**box, **kind}, element("title", None, f"{name}: {show(value)}")),
    ]
    if inside is not None:
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2 + 4, "text-anchor": "middle"}
        made.append(element("text", {**at, "class": "on" if deep > 0.55 else None}, inside(value)))
    return made


def _extremes(grid: Grid, show: Callable[[float], str]) -> str:
    found = [
        (value, f"{name} and {grid.columns[k]}")
        for name, row in zip(grid.rows, grid.values, strict=True)
        for k, value in enumerate(row)
        if value is not None and name != grid.columns[k]
    ]
    size = f"{len(grid.rows)} rows and {len(grid.columns)} columns"
    if not found:
        return f"{size}, without values."
    (low, low_at), (high, high_at) = min(found), max(found)
    return f"{size}; highest {show(high)} at {high_at}, lowest {show(low)} at {low_at}."
