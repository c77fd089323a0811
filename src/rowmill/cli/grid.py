"""Aligned columns of text, in as many bands as the terminal's width asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

LONGEST = 32
"""Longest cell that is shown whole: a digest. Longer text is cut."""
_GAP = "  "


def cell(value: Any) -> str:
    """Return a value as short text: instants in ISO 8601, ``null`` where there is none, long text cut."""
    if value is None:
        return "null"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, bool):
        return str(value).lower()
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def grid(titles: Sequence[str], rows: Sequence[Sequence[Any]], right: Collection[str] = ()) -> str:
    """Return rows under their titles, numbers and columns named so aligned to the right, thousands apart."""
    columns = {
        title: [f"{row[n]:,}" if isinstance(row[n], int) else cell(row[n]) for row in rows]
        for n, title in enumerate(titles)
    }
    right = {*right, *(title for n, title in enumerate(titles) if all(isinstance(row[n], int) for row in rows))}
    return "\n".join(_lines([_column(title, texts, right=title in right) for title, texts in columns.items()]))


def bands(columns: Mapping[str, Sequence[str]], width: int) -> Iterator[str]:
    """Yield bands, each with a headline and one line a row, of as many columns as fit into a width in characters."""
    band: list[list[str]] = []
    used = 0
    for name, cells in columns.items():
        column = _column(name, cells, right=False)
        if band and used + len(_GAP) + len(column[0]) > width:
            yield "\n".join(_lines(band))
            band, used = [], 0
        used += len(column[0]) + (len(_GAP) if band else 0)
        band.append(column)
    if band:
        yield "\n".join(_lines(band))


def _column(title: str, cells: Sequence[str], *, right: bool) -> list[str]:
    wide = max(map(len, (title, *cells)))
    return [text.rjust(wide) if right else text.ljust(wide) for text in (title, *cells)]


def _lines(band: list[list[str]]) -> list[str]:
    return [_GAP.join(texts).rstrip() for texts in zip(*band, strict=True)]
