"""One table of a profile: its rows over time, its columns, how they go together, and some rows."""

from __future__ import annotations

from rowmill.quality.page.blocks import Chapter, folded, muted, paragraph, table, tiles
from rowmill.quality.page.charts import Series, lines
from rowmill.quality.page.heat import Grid, heat_map
from rowmill.quality.page.markup import Markup, anchor, apart, element, joined
from rowmill.quality.page.numbers import count, percent, size
from rowmill.quality.profile.facts import Matrix, TableFacts, TimeFacts
from rowmill.quality.profile.report.columns import column_card

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WRITTEN = 12
"""Columns of a matrix up to which its cells have room for their values."""
_ABOUT = {
    "Pearson correlation": " of numbers: how straight the line is, −1 to 1",
    "Spearman correlation": " of the ranks of numbers: how steadily one grows with the other, −1 to 1",
    "Cramér's V": " of categories, corrected for bias: 0 to 1",
    "Correlation ratio": ": how much of the spread of a number a category tells, 0 to 1",
}
_CELL = 60
"""Characters of a value in the table of rows."""


def table_place(name: str) -> str:
    """Return the name of a table's place in the page."""
    return f"t-{anchor(name)}"


def column_place(table_name: str, column: str) -> str:
    """Return the name of a column's place in the page."""
    return f"c-{anchor(f'{table_name}/{column}')}"


def table_chapter(facts: TableFacts, linked: set[str]) -> Chapter:
    """Return the chapter of a table.

    Args:
        facts: what was found of it.
        linked: its columns that name rows of other tables.
    """
    parts = [_lead(facts), _over_time(facts.times) if facts.times else Markup("")]
    cards = [
        column_card(each, column_place(facts.name, each.name), _roles(facts, each.name, linked), facts.sampled)
        for each in facts.columns
    ]
    parts += [element("h3", None, "Columns"), element("div", {"class": "grid"}, *cards)]
    if facts.matrices:
        parts += [element("h3", None, "How columns go together"), _matrices(facts)]
    if facts.first_rows:
        parts += [element("h3", None, "Rows"), _rows(facts)]
    places = tuple((each.name, column_place(facts.name, each.name)) for each in facts.columns)
    return Chapter(facts.name, table_place(facts.name), joined(parts), places)


def _roles(facts: TableFacts, column: str, linked: set[str]) -> list[str]:
    found = ["key"] if column in facts.key else []
    return [*found, *(["refers"] if column in linked else [])]


def _lead(facts: TableFacts) -> Markup:
    cells = facts.rows * len(facts.columns)
    missing = sum(column.nulls for column in facts.columns)
    pairs = [
        ("rows", count(facts.rows)),
        ("columns", count(len(facts.columns))),
        ("cells without a value", percent(missing / cells if cells else 0)),
    ]
    if facts.bytes is not None:
        pairs.append(("stored", size(facts.bytes)))
    if facts.sampled < facts.rows:
        pairs.append(("rows of the sample", count(facts.sampled)))
    told = paragraph(facts.description) if facts.description else Markup("")
    return joined([told, tiles(pairs)])


def _over_time(times: TimeFacts) -> Markup:
    drawn = lines(f"Rows by {times.unit}, by {times.column}", times.labels, [Series("", times.counts)])
    title = element("h3", None, "Rows over time")
    caption = element("figcaption", None, f"Rows by {times.unit}, UTC, by ", element("code", None, times.column))
    parts = [title, element("figure", None, caption, drawn)]
    if times.week:
        hours = [f"{hour:02d}" for hour in range(24)]
        grid = Grid(_DAYS, hours, times.week)
        said = element("figcaption", None, "Rows by day of the week and hour, UTC")
        parts.append(element("figure", None, said, heat_map("Rows by day of the week and hour", grid)))
    return element("div", {"class": "card"}, *parts)


def _matrices(facts: TableFacts) -> Markup:
    made = []
    for matrix in facts.matrices:
        grid = Grid(matrix.rows, matrix.columns, matrix.values)
        room = 12 + min(150, 6 * max(map(len, matrix.rows)))
        drawn = heat_map(
            matrix.measure, grid, show=_two, written=len(matrix.columns) <= _WRITTEN, name_room=room, most=1.0
        )
        caption = element("figcaption", None, f"{matrix.measure}{_ABOUT.get(matrix.measure, '')}")
        made.append(element("div", {"class": "card"}, element("figure", None, caption, drawn), _strongest(matrix)))
    rows = min(facts.sampled, 20_000)
    said = paragraph(muted(f"Of {count(rows)} rows of the sample; keys and names of other rows are left out."))
    return joined([said, element("div", {"class": "grid"}, *made)])


def _two(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}"


def _strongest(matrix: Matrix) -> Markup:
    """Return the strongest pairs of a matrix as a table, for who reads rather than looks."""
    square = matrix.rows == matrix.columns
    pairs = [
        (abs(value), one, other, value)
        for n, one in enumerate(matrix.rows)
        for k, other in enumerate(matrix.columns)
        if (value := matrix.values[n][k]) is not None and not (square and k >= n)
    ]
    best = sorted(pairs, reverse=True)[:8]
    rows = [[apart(one), apart(other), _two(value)] for _, one, other, value in best]
    made = table(f"{matrix.measure}: the strongest pairs", ["Column", "and column", "Value"], rows, numbers=[2])
    return folded("The strongest pairs", made) if rows else Markup("")


def _rows(facts: TableFacts) -> Markup:
    heads = [column.name for column in facts.columns]
    right = [n for n, column in enumerate(facts.columns) if column.kind == "number"]

    def made(caption: str, rows: tuple[tuple[str | None, ...], ...]) -> Markup:
        cells = [[muted("null") if cell is None else apart(cell, _CELL) for cell in row] for row in rows]
        return table(caption, heads, cells, numbers=right)

    parts = [made("The first rows", facts.first_rows)]
    if facts.random_rows and facts.rows > len(facts.first_rows):
        parts.append(folded("Some other rows", made("Rows that a hash chose", facts.random_rows)))
    return element("div", {"class": "card"}, *parts)
