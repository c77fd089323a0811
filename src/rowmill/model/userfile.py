"""Files of a user as checked columns: an error names file, row, value and rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowmill.core.errors import UsageError
from rowmill.core.units import MICRODEGREES
from rowmill.draw.arrays import Flags, Ints
from rowmill.model.missing import number_hint, without_words
from rowmill.model.spec import nearest
from rowmill.model.tablefile import MAX_ROWS, opened, separated, shown, unreadable
from rowmill.model.wrongvalues import FIRST_ROWS, all_unknown, failing, listed, plain

MISSING = -(1 << 62)
"""Stands in a column of integers where the file has no value."""
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896
"""The first day of the year 1 and the last one of 9999."""
_SHOWN = 40
_COUNTED = 1_000
"""Values of a wrong type that are counted."""
_NONE = "nothing"


@dataclass(frozen=True, slots=True)
class Columns:
    """What is read of a file."""

    needed: Sequence[str]
    """Columns that it must have."""
    optional: Sequence[str]
    """Columns that it may have."""
    called: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Names that the file may have for a column, where they are not its own."""
    literal: Sequence[str] = ()
    """Columns in which every word is a value, such as NA for Namibia; only an empty one is missing."""
    most: int = MAX_ROWS
    """Most rows."""


class UserFile:
    """The known columns of one file, row by row as they stand in it; columns that nobody knows are left aside.

    Args:
        path: CSV with a header line (may end in .gz, .bz2 or .zst), or Parquet.
        columns: what is read of it.

    Raises:
        UsageError: if it cannot be read, lacks a column, holds no row or too many.
    """

    def __init__(self, path: str, columns: Columns) -> None:
        self.path = path
        names, read = opened(path, columns.most)
        self._found = _found(path, names, (*columns.needed, *columns.optional), columns.called)
        for name in columns.needed:
            if name not in self._found:
                wanted = " or ".join(map(repr, columns.called.get(name, (name,))))
                needed = ", ".join(columns.needed)
                said = separated(names) or f"no column {wanted}, {shown(names)}; it needs {needed}"
                raise UsageError(f"{path}: {said}")
        try:
            table = read(list(self._found.values()))
        except (OSError, pa.ArrowException) as error:
            raise unreadable(path, error) from None
        if table.num_rows == 0:
            raise UsageError(f"{path}: holds no row; give at least one, or leave the file out")
        self.rows: int = table.num_rows
        self._numbers: Ints = np.arange(1, self.rows + 1)
        self.ignored = [name for name in names if name not in self._found.values()]
        """Columns that are not used."""
        self._columns = {
            name: _plain(table[there].combine_chunks(), literal=name in columns.literal)
            for name, there in self._found.items()
        }

    def __contains__(self, name: str) -> bool:
        """Return whether the file has a known column."""
        return name in self._columns

    def integers(self, name: str, low: int, high: int, *, missing: bool = False) -> Ints:
        """Return whole numbers in low … high as int64[rows], ``MISSING`` where the file has none.

        Raises:
            UsageError: at the first value that is none, lies outside, or is missing though it must not be.
        """
        values = self._filled(name, self._cast(name, pa.int64(), "a whole number"), MISSING, missing=missing)
        self.refuse(name, (values != MISSING) & ((values < low) | (values > high)), f"it must lie in {low} … {high}")
        return values

    def degrees(self, name: str, limit: int) -> Ints:
        """Return degrees in −limit … limit as micro-degrees, int64[rows], ``MISSING`` where the file has none."""
        return self.scaled(name, MICRODEGREES, (-limit, limit), "degrees")

    def scaled(self, name: str, scale: int, bounds: tuple[float, float], unit: str) -> Ints:
        """Return decimal numbers times ``scale``, rounded, int64[rows], ``MISSING`` where the file has none.

        Raises:
            UsageError: at the first value that is no number or lies outside the bounds, which are inclusive.
        """
        low, high = bounds
        values = self._filled(name, self._cast(name, pa.float64(), f"a number of {unit}"), np.nan, missing=True)
        absent = self.absent(name)
        outside = ~((values >= low) & (values <= high))
        self.refuse(name, ~absent & outside, f"it must lie in {low:,} … {high:,} {unit}")
        return np.where(absent, MISSING, np.rint(np.where(absent, 0.0, values) * scale).astype(np.int64))

    def days(self, name: str) -> Ints:
        """Return dates as days since 1970-01-01, int64[rows], ``MISSING`` where the file has none.

        Raises:
            UsageError: at the first value that is no date; text is written YYYY-MM-DD, with or without a time.
        """
        column = self._columns[name]
        if pa.types.is_string(column.type):
            self._columns[name] = pc.replace_substring_regex(column, pattern=r"[T ]\d{2}:\d{2}.*$", replacement="")
        dates = self._cast(name, pa.date32(), "a date, YYYY-MM-DD")
        days = self._filled(name, dates.view(pa.int32()), MISSING, missing=True)
        outside = (days != MISSING) & ((days < _FIRST_DAY) | (days > _LAST_DAY))
        self.refuse(name, outside, "it must lie in the years 1 … 9999")
        return days

    def flags(self, name: str) -> Ints:
        """Return booleans as 0 and 1, int64[rows], ``MISSING`` where there is none."""
        return self._filled(name, self._cast(name, pa.bool_(), "true or false"), MISSING, missing=True)

    def codes(
        self, name: str, among: Sequence[str], *, digits: int = 0, missing: bool = False, lower: bool = False
    ) -> Ints:
        """Return places of texts in a list, int64[rows], ``MISSING`` where the file has none.

        Args:
            name: the column.
            among: texts that are known.
            digits: where a file may hold the texts as numbers, their number of digits.
            missing: whether values may be missing.
            lower: whether capitals mean the same.
        """
        texts = self._codes(name, digits, lower=lower)
        found, unknown = self._among(name, texts, among)
        if unknown.any():
            hint = nearest(str(texts[int(np.argmax(unknown))].as_py()), among)
            told = hint + all_unknown(texts.filter(pa.array(unknown)), self._numbers[unknown])
            raise self.error(int(np.argmax(unknown)), name, told)
        return self._filled(name, found.cast(pa.int64()), MISSING, missing=missing)

    def leave_out_unknown(self, name: str, among: Sequence[str], *, digits: int = 0) -> list[str]:
        """Leave out the rows whose text is not in a list; return a line on them where there are any.

        Raises:
            UsageError: if no row remains.
        """
        texts = self._codes(name, digits, lower=False)
        unknown = self._among(name, texts, among)[1]
        told = listed(texts.filter(pa.array(unknown)), self._numbers[unknown])
        return self.leave_out(unknown, f"{name} is not known: {told}")

    def leave_out(self, unwanted: Flags, why: str) -> list[str]:
        """Leave out rows; return a line on them where there are any.

        Raises:
            UsageError: if no row remains.
        """
        count, rows = int(np.count_nonzero(unwanted)), self.rows
        if count == rows:
            raise UsageError(f"{self.path}: no row remains: of all {rows:,}, {why}")
        if count == 0:
            return []
        self._columns = {name: column.filter(pa.array(~unwanted)) for name, column in self._columns.items()}
        self._numbers, self.rows = self._numbers[~unwanted], rows - count
        return [f"{self.path}: {count:,} of {rows:,} rows are left out, whose {why}"]

    def texts(self, name: str) -> pa.Array:
        """Return values as text without blanks around them, null where there is none."""
        return self._cast(name, pa.string(), "text")

    def unique(self, name: str, values: Ints) -> None:
        """Refuse a value that stands in two rows."""
        order = np.argsort(values, kind="stable")
        again = order[1:][values[order][1:] == values[order][:-1]]
        if len(again):
            second = int(again.min())
            first = int(self._numbers[np.flatnonzero(values == values[second])[0]])
            more = f"; {len(again) - 1:,} more repeat one" if len(again) > 1 else ""
            raise self.error(second, name, f"row {first} has it already; each must be unique{more}")

    def refuse(self, name: str, bad: Flags, rule: str, *, shown: bool = True) -> None:
        """Raise an error about the rows that are bad, if there is one: the first one whole, the next ones in short.

        Args:
            name: the column.
            bad: bool[rows].
            rule: which they break.
            shown: whether the next ones are shown with their values, not by their numbers alone.
        """
        if bad.any():
            raise self._refusal(np.flatnonzero(bad), name, rule, shown=shown)

    def _refusal(self, rows: Ints, name: str, rule: str, *, least: bool = False, shown: bool = True) -> UsageError:
        """Return an error about rows, of which there are more where they are the least number that there is."""
        others = [
            f"{self._numbers[row]}{f' ({self._value(int(row), name)})' * shown}" for row in rows[1 : FIRST_ROWS + 1]
        ]
        count = len(rows) - 1 - len(others)
        rest = f" and {count:,}{' more, or even more' if least else ' more'}" if count else ""
        return self.error(int(rows[0]), name, f"{rule}; also rows {', '.join(others)}{rest}" if others else rule)

    def error(self, row: int, name: str, rule: str) -> UsageError:
        """Return an error about one value; rows are counted from 1 below the header."""
        value, where = self._value(row, name), f"{self.path}, row {int(self._numbers[row])}"
        said = f"{self._found[name]} is missing" if value == _NONE else f"got {self._found[name]} {value}"
        return UsageError(f"{where}: {said}; {rule}")

    def _value(self, row: int, name: str) -> str:
        """Return a value as an error shows it."""
        value = plain(self._columns[name][row])
        received = str(value)
        return _NONE if value is None else repr(received if len(received) <= _SHOWN else f"{received[:_SHOWN]}…")

    def absent(self, name: str) -> Flags:
        """Return where a column has no value."""
        absent: Flags = self._columns[name].is_null().to_numpy(zero_copy_only=False)
        return absent

    def _codes(self, name: str, digits: int, *, lower: bool) -> pa.Array:
        texts = pc.utf8_lower(self.texts(name)) if lower else self.texts(name)
        return pc.utf8_lpad(_whole(texts), width=digits, padding="0") if digits else texts

    def _among(self, name: str, texts: pa.Array, among: Sequence[str]) -> tuple[pa.Array, Flags]:
        """Return the places of texts in a list, and where one is that the list lacks."""
        found = pc.index_in(texts, value_set=pa.array(among, pa.string()))
        return found, pc.is_null(found).to_numpy(zero_copy_only=False) & ~self.absent(name)

    def _filled(self, name: str, values: pa.Array, filler: float, *, missing: bool) -> Ints:
        absent = self.absent(name)
        if not missing and absent.any():
            raise self._refusal(np.flatnonzero(absent), name, "give every row one")
        target = pa.float64() if pa.types.is_floating(values.type) else pa.int64()
        filled: Ints = values.cast(target).fill_null(filler).to_numpy(zero_copy_only=False)
        return filled

    def _cast(self, name: str, target: pa.DataType, what: str) -> pa.Array:
        """Return a column in a type, or raise an error about its first value that does not fit."""
        column = self._columns[name]
        if target == pa.int64() and pa.types.is_string(column.type):
            column = _whole(column)
        try:
            return column.cast(target)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            rows = np.array(failing(column, target, _COUNTED), np.int64)
            hint = number_hint(str(column[int(rows[0])].as_py())) if "number" in what else ""
            raise self._refusal(rows, name, f"it must be {what}{hint}", least=len(rows) == _COUNTED) from None


def _found(
    path: str, names: Sequence[str], wanted: Iterable[str], called: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Return what the file calls each wanted column that it has."""
    found: dict[str, str] = {}
    for name in wanted:
        there = [column for column in names if column.strip() in called.get(name, (name,))]
        if len(there) > 1:
            what = f"are called {there[0]!r}" if len(set(there)) == 1 else f"mean {name}: {', '.join(there)}"
            raise UsageError(f"{path}: two columns {what}; keep one of them")
        if there:
            found[name] = there[0]
    return found


def _plain(column: pa.Array, *, literal: bool) -> pa.Array:
    """Return a column without dictionary, and null where it says in a word or a number that is none that it is."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return without_words(column, ("",)) if literal else without_words(column)
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    return column


def _whole(texts: pa.Array) -> pa.Array:
    """Return texts without the ``.0`` that whole numbers get where some of them are missing."""
    return pc.replace_substring_regex(texts, pattern=r"\.0+$", replacement="")
