"""One column of a profile as a card: figures, a histogram, its most frequent values and forms of texts."""

from __future__ import annotations

from collections.abc import Sequence

from rowmill.quality.page.blocks import badge, card, facts, folded, muted, paragraph, table
from rowmill.quality.page.charts import Series, bars, share
from rowmill.quality.page.markup import Markup, apart, element, joined
from rowmill.quality.page.numbers import count, number, percent
from rowmill.quality.profile.facts import ColumnFacts, NumberFacts, TextFacts

_SECONDS = len("2025-11-30 23:59:59")
_UNFOLDED = 6
"""Values of a list that stand unfolded."""
_QUANTILES = {"1": "1 %", "5": "5 %", "25": "25 %", "50": "median", "75": "75 %", "95": "95 %", "99": "99 %"}


def column_card(column: ColumnFacts, place: str, roles: Sequence[str], sampled: int) -> Markup:
    """Return the card of a column.

    Args:
        column: what was found of it.
        place: its name in links.
        roles: words for what it is besides, such as ``key``.
        sampled: rows of the sample.
    """
    badges = [badge(column.type), *(badge(role, "notice") for role in roles)]
    if column.null_share > 0:
        badges.append(badge(f"{percent(column.null_share)} missing", "warning" if column.null_share > 0.5 else "plain"))
    if column.filled and column.distinct == 1:
        badges.append(badge("one value", "warning"))
    meaning = joined([column.meaning or "", f" Unit: {column.unit}." if column.unit else ""])
    parts = [element("div", None, *badges), paragraph(muted(meaning)) if meaning else Markup("")]
    if column.histogram is not None:
        parts.append(_histogram(column))
    parts.append(facts(_figures(column)))
    if column.top and column.kind in ("text", "bool", "other") and column.top_of == "all":
        parts.append(_top(column, sampled))
    elif column.top:
        parts.append(folded("Frequent values", _top(column, sampled)))
    if column.number is not None and column.number.quantiles:
        parts.append(_quantiles(column.number, sampled, column.rows))
    if column.text is not None and column.text.patterns and not _is_few(column):
        parts.append(_patterns(column.text))
    return card(apart(column.name), place, *parts, level=4, name=column.name)


def _is_few(column: ColumnFacts) -> bool:
    return column.distinct_exact and column.distinct <= _UNFOLDED * 2


def _histogram(column: ColumnFacts) -> Markup:
    drawn = column.histogram
    assert drawn is not None
    title = f"Rows by {column.name}"
    made = bars(title, drawn.labels, [Series("rows", drawn.counts)], ends=drawn.ends)
    scale = {"log": "Each range is a multiple of the one before.", "values": "", "linear": ""}[drawn.scale]
    return element("figure", None, made, element("figcaption", None, scale) if scale else Markup(""))


def _figures(column: ColumnFacts) -> list[tuple[str, str]]:
    about = "" if column.distinct_exact else "≈\u202f"
    found = [("distinct", f"{about}{count(column.distinct)}"), ("missing", count(column.nulls))]
    if column.number is not None:
        found += _of_number(column.number, column.filled)
    if column.text is not None:
        found += _of_text(column.text)
    if column.first is not None and column.last is not None:
        found += [("first", column.first[:_SECONDS]), ("last", column.last[:_SECONDS])]
    if column.trues is not None:
        found += [("true", count(column.trues)), ("of the values", percent(column.trues / max(column.filled, 1)))]
    return found


def _of_number(figures: NumberFacts, filled: int) -> list[tuple[str, str]]:
    found = [("smallest", figures.minimum), ("largest", figures.maximum), ("mean", figures.mean), ("sd", figures.sd)]
    told = [(what, number(value)) for what, value in found]
    told += [("zeros", _part(figures.zeros, filled)), ("negative", _part(figures.negatives, filled))]
    if figures.skewness is not None:
        told.append(("skewness", number(figures.skewness, 3)))
    if figures.not_finite:
        told.append(("NaN, infinite", count(figures.not_finite)))
    return told


def _of_text(figures: TextFacts) -> list[tuple[str, str]]:
    if figures.shortest is None or figures.longest is None:
        return []
    long = str(figures.shortest) if figures.shortest == figures.longest else f"{figures.shortest} … {figures.longest}"
    told = [("characters", long)]
    if figures.shortest != figures.longest:
        told.append(("mean length", number(figures.mean_length, 3)))
    if figures.empty:
        told.append(("empty", count(figures.empty)))
    return told


def _part(rows: int, all_rows: int) -> str:
    return "0" if not rows else percent(rows / max(all_rows, 1))


def _top(column: ColumnFacts, sampled: int) -> Markup:
    rows_of = column.filled if column.top_of == "all" else sampled
    rows = [
        [apart(text, 60) if text else muted("(empty)"), count(rows), percent(rows / rows_of), share(rows / rows_of)]
        for text, rows in column.top
    ]
    caption = "Most frequent values" if column.top_of == "all" else f"Most frequent values of {count(sampled)} rows"
    heads = ["Value", "Rows", "Share", ""]
    first = table(caption, heads, rows[:_UNFOLDED], numbers=[1, 2])
    if len(rows) <= _UNFOLDED:
        return first
    rest = table("Further values", heads, rows[_UNFOLDED:], numbers=[1, 2])
    return joined([first, folded(f"{len(rows) - _UNFOLDED} more", rest)])


def _quantiles(figures: NumberFacts, sampled: int, rows: int) -> Markup:
    pairs = [(_QUANTILES.get(percent_, percent_), number(value)) for percent_, value in figures.quantiles.items()]
    if figures.outliers is not None:
        pairs.append(("far out", percent(figures.outliers)))
    said = paragraph(muted(f"Of {count(sampled)} rows.")) if sampled < rows else Markup("")
    return folded("Quantiles", facts(pairs), said)


def _patterns(figures: TextFacts) -> Markup:
    rows = [[element("code", None, form), percent(part), share(part)] for form, part in figures.patterns]
    caption = "Forms of the texts: 9 stands for a digit, a and A for letters"
    return folded("Forms", table(caption, ["Form", "Share", ""], rows, numbers=[1]))
