"""Numbers as people read them."""

from __future__ import annotations

import math

_COMMAS = 10_000
"""From where on a number has commas: 2025 may be a year."""


def count(value: int) -> str:
    """Return a whole number with commas."""
    return f"{value:,}"


def short(value: float) -> str:
    """Return a number in at most five characters or so: ``1.2M``; for axes and tiles."""
    if not math.isfinite(value):
        return str(value)
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size * 0.9995:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def number(value: float | None, digits: int = 6) -> str:
    """Return a number with some significant digits; whole ones have all of theirs, from 10,000 on with commas."""
    if value is None:
        return "–"
    if isinstance(value, int) or (math.isfinite(value) and value == int(value) and abs(value) < 1e15):
        return f"{int(value):,}" if abs(value) >= _COMMAS else str(int(value))
    if not math.isfinite(value):
        return str(value)
    if 1e-4 <= abs(value) < 1e15:
        places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{min(places, 12)}f}".rstrip("0").rstrip(".") if places else f"{value:,.0f}"
        return text if abs(value) >= _COMMAS else text.replace(",", "")
    return f"{value:.{digits - 1}g}"


def percent(share: float | None) -> str:
    """Return a share as percents: nothing that is there is 0 %, nothing that is not all is 100 %."""
    if share is None or not math.isfinite(share):
        return "–"
    if share in (0, 1):
        return f"{share:.0%}".replace("%", "\u202f%")
    if share < 0.0001:
        return "<\u202f0.01\u202f%"
    if 0.9999 < share < 1:
        return ">\u202f99.99\u202f%"
    places = 2 if share < 0.1 or share > 0.99 else 1
    return f"{share * 100:.{places}f}\u202f%"


def size(value: int) -> str:
    """Return bytes in the unit that suits them."""
    if value < 1000:
        return f"{value} B"
    for unit in ("kB", "MB", "GB"):
        value_in = value / 1000 ** (("kB", "MB", "GB").index(unit) + 1)
        if value_in < 1000:
            return f"{value_in:.3g} {unit}"
    return f"{value / 1e12:.3g} TB"
