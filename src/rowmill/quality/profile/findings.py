"""What looks odd in a table, the gravest first; each says what was seen, and leaves the verdict to the reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from rowmill.quality.page.blocks import Tone
from rowmill.quality.page.numbers import count, number, percent
from rowmill.quality.profile.facts import SPEARMAN, AimMet, ColumnFacts, Finding, Matrix, Relation, TableFacts

_PAIRS = 5
"""Strong pairs of a matrix that are told; the page has all of them."""
_STRONG = 0.95
_SKEWED = 5.0
_FAR_OUT = 0.005
_MANY_NULLS = 0.2
_MANY_ZEROS = 0.5


def findings(
    tables: Sequence[TableFacts], relations: Sequence[Relation], asked: Sequence[AimMet]
) -> tuple[Finding, ...]:
    """Return what looks odd, the gravest first."""
    found = [*_of_promises(asked), *_of_relations(relations)]
    for table in tables:
        found += _of_table(table)
        for column in table.columns:
            found += _of_column(table, column)
        for matrix in table.matrices:
            # Ranks say again what the numbers say.
            if matrix.measure != SPEARMAN:
                found += islice(_of_matrix(table.name, matrix), _PAIRS)
    return tuple(sorted(found, key=lambda each: -each.weight))


def _of_promises(asked: Sequence[AimMet]) -> Iterator[Finding]:
    for each in asked:
        if not each.met:
            made = "nothing" if each.made is None else number(each.made)
            text = f"{each.what}: {number(each.asked)} was asked for, {made} is there"
            yield Finding(95, "bad", each.table, None, text)


def _of_relations(relations: Sequence[Relation]) -> Iterator[Finding]:
    for each in relations:
        if each.found == each.rows:
            continue
        lost = f"{percent(1 - each.share)} of the values name no row of {each.other}"
        if each.earlier:
            yield Finding(15, "notice", each.table, each.columns[0], f"{lost}; it may lie before what is here")
        else:
            yield Finding(90, "bad", each.table, each.columns[0], lost)


def _of_table(table: TableFacts) -> Iterator[Finding]:
    if not table.rows:
        yield Finding(80, "warning", table.name, None, "the table has no rows")
    if table.duplicates:
        share = "" if table.keys_looked_at == 1 else f", among one key in {round(1 / table.keys_looked_at)}"
        key = ", ".join(table.key)
        yield Finding(
            100, "bad", table.name, table.key[0], f"{count(table.duplicates)} rows repeat the key ({key}){share}"
        )
    if table.twins > 0 and not table.duplicates and table.rows:
        yield Finding(
            60, "warning", table.name, None, f"{percent(table.twins)} of the rows equal another row in every column"
        )


def _of_column(table: TableFacts, column: ColumnFacts) -> Iterator[Finding]:
    def found(weight: int, tone: Tone, text: str) -> Finding:
        return Finding(weight, tone, table.name, column.name, text)

    if not column.rows:
        return
    if not column.filled:
        yield found(70, "warning", "has no value in any row")
        return
    if column.distinct == 1 and column.rows > 1:
        value = f": {column.top[0][0][:60]}" if column.top else ""
        yield found(50, "warning", f"has one value alone{value}")
    if column.null_share >= _MANY_NULLS:
        yield found(int(20 + 30 * column.null_share), "warning" if column.null_share > 0.9 else "notice",
                    f"{percent(column.null_share)} of the rows have no value")  # fmt: skip
    if column.number is not None:
        yield from _of_number(found, column)
    if column.text is not None:
        if column.text.empty:
            yield found(35, "warning", f"{count(column.text.empty)} texts are empty, which is not the same as missing")
        if column.text.blank_ends:
            yield found(34, "warning", f"{percent(column.text.blank_ends)} of the texts begin or end with a blank")


def _of_number(found: Callable[[int, Tone, str], Finding], column: ColumnFacts) -> Iterator[Finding]:
    facts = column.number
    assert facts is not None
    if facts.not_finite:
        yield found(65, "warning", f"{count(facts.not_finite)} values are NaN or infinite")
    if facts.zeros / column.filled >= _MANY_ZEROS and column.distinct > 2:
        yield found(18, "notice", f"{percent(facts.zeros / column.filled)} of the values are 0")
    if (facts.outliers or 0) >= _FAR_OUT:
        yield found(16, "notice", f"{percent(facts.outliers)} of the values lie far outside the middle half")
    if abs(facts.skewness or 0) >= _SKEWED:
        yield found(14, "notice", f"is very skewed: {number(facts.skewness, 3)}")


def _of_matrix(table: str, matrix: Matrix) -> Iterator[Finding]:
    for n, one in enumerate(matrix.rows):
        for k, other in enumerate(matrix.columns):
            value = matrix.values[n][k]
            if value is None or one == other or abs(value) < _STRONG or (matrix.rows == matrix.columns and k >= n):
                continue
            text = f"goes together with {other} almost entirely ({matrix.measure} {value:.2f})"
            yield Finding(12, "notice", table, one, text)
