"""Charts as SVG, drawn with the colours of the page; each has a title and tells in words what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rowmill.quality.page.markup import Markup, element, joined
from rowmill.quality.page.numbers import count, short

_HEIGHT: Final = 120
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 6, 8, 18
"""Room around a chart, for what stands at its axes."""
_LARGER: Final = 1.1
"""Pixels for each unit of a drawing that has its own size."""


@dataclass(frozen=True, slots=True)
class Series:
    """Values that are drawn alike; None where there is none."""

    label: str
    values: Sequence[float | None]


def picture(
    title: str, told: str, size: tuple[float, float], *inside: Markup, fill: bool = False, wide: bool = False
) -> Markup:
    """Return a drawing with a title, and what it shows in words.

    Args:
        title: what it is.
        told: what can be seen in it.
        size: width and height of the room that it is drawn in.
        inside: elements of SVG.
        fill: whether it takes the width that there is; else it has its own size.
        wide: whether a narrow page scrolls it instead of making it small.
    """
    box = f"0 0 {size[0]:g} {size[1]:g}"
    classes = ["fill"] * fill + ["wide"] * wide
    own = None if fill else round(size[0] * _LARGER)
    attributes = {
        "width": own,
        "viewBox": box,
        "role": "img",
        "aria-label": f"{title}. {told}",
        "class": " ".join(classes) or None,
    }
    drawn = element("svg", attributes, element("title", None, title), element("desc", None, told), *inside)
    return (
        element("div", {"class": "scroll", "tabindex": 0, "role": "group", "aria-label": title}, drawn)
        if wide
        else drawn
    )


def bars(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    ends: tuple[str, str] | None = None,
    width: int = 360,
) -> Markup:
    """Return bars side by side, such as a histogram; those of two series stand over each other.

    Args:
        title: what is counted.
        labels: of each bar, for who points at it.
        series: one or two, with a value a bar, none below 0.
        ends: what stands below the first and the last bar; None for their labels.
        width: of the chart, in its own units.
    """
    most = max((value or 0 for each in series for value in each.values), default=0) or 1
    step = (width - _LEFT - _RIGHT) / max(len(labels), 1)
    room = _HEIGHT - _TOP - _BOTTOM
    drawn = []
    for n, each in enumerate(series):
        kind = f"s{n} two" if len(series) > 1 else "s0"
        for place, value in enumerate(each.values):
            if not value:
                continue
            tall = max(room * value / most, 0.75)
            x, gap = _LEFT + place * step, min(1.0, step / 6)
            box = {"x": round(x, 2), "y": round(_TOP + room - tall, 2), "width": round(step - gap, 2)}
            tip = element("title", None, f"{labels[place]}: {_value(value)}{f' {each.label}' if each.label else ''}")
            drawn.append(element("rect", {**box, "height": round(tall, 2), "class": kind}, tip))
    first, last = ends or (labels[0], labels[-1]) if labels else ("", "")
    told = f"{len(labels)} bars from {first} to {last}; the highest is {_highest(labels, series)}."
    return picture(title, told, (width, _HEIGHT), _frame(width, most), *drawn, *_ends(width, first, last), fill=True)


def lines(
    title: str, labels: Sequence[str], series: Sequence[Series], *, width: int = 720, filled: bool = True
) -> Markup:
    """Return lines over places in order, such as days; they break where a value is missing, and begin at 0.

    Args:
        title: what is shown.
        labels: of the places, for who points at them.
        series: one or two, with a value a place, none below 0.
        width: of the chart, in its own units.
        filled: whether what is below a line has a colour.
    """
    most = max((value or 0 for each in series for value in each.values), default=0) or 1
    room, step = _HEIGHT - _TOP - _BOTTOM, (width - _LEFT - _RIGHT) / max(len(labels) - 1, 1)
    drawn = []
    for n, each in enumerate(series):
        for start, run in _runs(each.values):
            points = [(_LEFT + (start + k) * step, _TOP + room * (1 - value / most)) for k, value in enumerate(run)]
            path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
            if len(points) == 1:
                drawn.append(element("circle", {"cx": points[0][0], "cy": points[0][1], "r": 2, "class": f"s{n}"}))
            elif filled:
                base = _TOP + room
                drawn.append(
                    element(
                        "path", {"class": f"a{n}", "d": f"{path}L{points[-1][0]:.1f} {base}L{points[0][0]:.1f} {base}Z"}
                    )
                )
            drawn.append(element("path", {"class": f"l{n}", "d": path}))
    if len(labels) <= 400:
        drawn += _tips(labels, series, step, room)
    first, last = (labels[0], labels[-1]) if labels else ("", "")
    told = f"{len(labels)} places from {first} to {last}; the highest is {_highest(labels, series)}."
    return picture(
        title,
        told,
        (width, _HEIGHT),
        _frame(width, most),
        *drawn,
        *_ends(width, first, last),
        fill=True,
        wide=width > 400,
    )


def share(value: float, tone: str = "s0") -> Markup:
    """Return a little bar of a share, 0 … 1; what it says stands beside it in words."""
    box = {
        "viewBox": "0 0 100 8",
        "preserveAspectRatio": "none",
        "class": "small",
        "aria-hidden": "true",
        "focusable": "false",
    }
    back = element("rect", {"x": 0, "y": 0, "width": 100, "height": 8, "class": "empty"})
    long = round(min(max(value, 0.0), 1.0) * 100, 2)
    return element("svg", box, back, element("rect", {"x": 0, "y": 0, "width": long, "height": 8, "class": tone}))


def key(series: Sequence[str]) -> Markup:
    """Return which colour is which series."""
    box = {"viewBox": "0 0 10 10", "aria-hidden": "true", "focusable": "false"}
    return joined(
        element(
            "span",
            {"class": "key"},
            element("svg", box, element("rect", {"width": 10, "height": 10, "rx": 2, "class": f"s{n}"})),
            label,
        )
        for n, label in enumerate(series)
    )


def _frame(width: int, most: float) -> Markup:
    base = _HEIGHT - _BOTTOM
    line = {"x1": _LEFT, "x2": width - _RIGHT, "y1": base, "y2": base, "class": "axis"}
    top = {"x1": _LEFT, "x2": width - _RIGHT, "y1": _TOP, "y2": _TOP, "class": "axis"}
    texts = [(_TOP + 4, short(most)), (base + 3, "0")]
    marks = (element("text", {"x": _LEFT - 4, "y": y, "text-anchor": "end"}, text) for y, text in texts)
    return joined((element("line", line), element("line", top), *marks))


def _ends(width: int, first: str, last: str) -> list[Markup]:
    y = _HEIGHT - 4
    found = [element("text", {"x": _LEFT, "y": y}, cut(first, width / 2))]
    return [*found, element("text", {"x": width - _RIGHT, "y": y, "text-anchor": "end"}, cut(last, width / 2))]


def cut(text: str, room: float) -> str:
    """Return a text as far as there is room for it, in a chart's units."""
    most = max(4, int(room / 6))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _value(value: float) -> str:
    return count(int(value)) if value == int(value) else short(value)


def _highest(labels: Sequence[str], series: Sequence[Series]) -> str:
    found = [(value, labels[n]) for each in series for n, value in enumerate(each.values) if value is not None]
    if not found:
        return "none"
    value, label = max(found, key=lambda pair: pair[0])
    return f"{_value(value)} at {label}"


def _runs(values: Sequence[float | None]) -> list[tuple[int, list[float]]]:
    """Return values that follow one another without a gap, with the place of the first."""
    found: list[tuple[int, list[float]]] = []
    for place, value in enumerate(values):
        if value is None:
            continue
        if found and found[-1][0] + len(found[-1][1]) == place:
            found[-1][1].append(value)
        else:
            found.append((place, [value]))
    return found


def _tips(labels: Sequence[str], series: Sequence[Series], step: float, room: float) -> list[Markup]:
    """Return what is told of each place to who points at it."""
    made = []
    for place, label in enumerate(labels):
        texts = [
            f"{each.label}{' ' * bool(each.label)}{_value(v)}"
            for each in series
            if (v := each.values[place]) is not None
        ]
        x = _LEFT + (place - 0.5) * step
        box = {"x": round(x, 1), "y": _TOP, "width": round(step, 1), "height": room, "fill-opacity": 0}
        made.append(element("rect", box, element("title", None, f"{label}: {', '.join(texts) or 'none'}")))
    return made
