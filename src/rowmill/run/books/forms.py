"""The form of stored records: what a manifest, a plan and a receipt may say. Nothing is used before it passed here.

A folder of data travels, so its records may come from anybody: a path in them stays below the table that it is of, a
label is one that runs have, numbers and lists are bounded. Keys that this version does not know are dropped.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, TypeVar, cast

from annotated_types import Ge, Le, Lt, MaxLen
from pydantic import AfterValidator, BeforeValidator, StringConstraints, TypeAdapter, ValidationError

from rowmill.model.spec import MAX_SEED
from rowmill.sinks.filetypes.formats import FORMATS, is_of_a_format
from rowmill.sinks.layout import Layout

FORM: Final = 1
"""Version of the form of the bookkeeping."""
WHOLE: Final = "whole"
"""Label of the slice that is the whole period."""

_DAY = r"[0-9]{4}(?:-[0-9]{2}-[0-9]{2})?"
_LABEL = re.compile(rf"{WHOLE}|{_DAY}|{_DAY}_{_DAY}")
_MANIFEST = re.compile(rf"(?:(?:{_LABEL.pattern})/)?manifest(?:-[0-9a-f]{{16}})?\.json")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,126}")
_STEP = r"[A-Za-z0-9][A-Za-z0-9 ._,+=@-]{0,254}"
_NAME = r"[A-Za-z][A-Za-z0-9_]{0,62}"
_FILE = re.compile(rf"{_NAME}(?:/{_STEP}){{1,8}}")
_DIGITS = re.compile(r"[0-9a-f]{32}")
_FIELDS = r"domain|table|rows|date(?::(?:[A-Za-z0-9 ._,+=@-]|%[Yymdj]){1,60})?|part|_part"
_SHOWN = 160


def _day(text: str) -> str:
    dt.date.fromisoformat(text)
    return text


def _span(pair: tuple[int, int]) -> tuple[int, int]:
    if pair[0] >= pair[1]:
        raise ValueError(f"{list(pair)} is no range")
    return pair


def _rectangle(tiles: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    if tiles[0] > tiles[1] or tiles[2] >= tiles[3]:
        raise ValueError(f"{list(tiles)} are no tiles")
    return tiles


def _number(digits: object) -> int:
    if not isinstance(digits, str) or not _DIGITS.fullmatch(digits):
        raise ValueError("is no digest of 32 hexadecimal digits")
    return int(digits, 16)


def _seeded(spec: dict[str, Any]) -> dict[str, Any]:
    seed = spec.get("seed")
    if type(seed) is not int or not 0 <= seed <= MAX_SEED:
        raise ValueError("seed is no whole number from 0 to 2⁶³ − 1")
    return spec


Count = Annotated[int, Ge(0), Le((1 << 63) - 1)]
"""Rows or bytes."""
Block = Annotated[int, Ge(0), Le(1 << 40)]
Window = Annotated[int, Ge(0), Le(4_000_000)]
"""Days from the first year to the last one are fewer."""
Span = Annotated[tuple[Window, Window], AfterValidator(_span)]
"""First window and the one after the last."""
Tiles = Annotated[tuple[Block, Block, Window, Window], AfterValidator(_rectangle)]
"""First block, the one after the last, first window, the one after the last."""
Word = Annotated[str, StringConstraints(pattern=rf"^(?:{_WORD.pattern})$")]
"""Name of a domain, a column or a count."""
TableName = Annotated[str, StringConstraints(pattern=rf"^{_NAME}$")]
"""Name of a table, or of its folder: one step, not hidden, and none of the bookkeeping."""
Token = Annotated[str, StringConstraints(max_length=2048)]
Text = Annotated[str, StringConstraints(max_length=256)]
Names = tuple[Count, Annotated[int, Ge(0), Lt(1 << 64)]]
"""How many files there are, and the sum modulo 2⁶⁴ of the hashes of their names."""
FilePart = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ._,+=@-]{0,200}$")]
"""Part of a file's name."""
Template = Annotated[str, StringConstraints(pattern=rf"^(?:[A-Za-z0-9 ._,+=@-]|\{{(?:{_FIELDS})\}}){{1,255}}$")]
"""Template of a file's name."""
Digest = Annotated[str, StringConstraints(pattern=rf"^(?:{_DIGITS.pattern})$")]
"""32 hexadecimal digits."""
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_day)]
Label = Annotated[str, StringConstraints(pattern=rf"^(?:{_LABEL.pattern})$")]
"""``whole``, a day or year, or ``first_last``."""
ManifestName = Annotated[str, StringConstraints(pattern=rf"^(?:{_MANIFEST.pattern})$")]
"""Name of the document that tells what a slice holds."""
FilePath = Annotated[str, StringConstraints(pattern=rf"^(?:{_FILE.pattern})$")]
"""A table's folder, partitions and a file name; no step begins with a dot, so that none leads up or out."""
Sum = Annotated[int, BeforeValidator(_number)]
"""A digest of 128 bits, 32 hexadecimal digits where it is stored."""
Columns = Annotated[dict[Word, Sum], MaxLen(4096)]
"""Digest of each column."""
Counts = Annotated[dict[Word, Count], MaxLen(4096)]
TableNames = Annotated[tuple[TableName, ...], MaxLen(256)]
ColumnNames = Annotated[tuple[Word, ...], MaxLen(4096)]
Spec = Annotated[dict[str, Any], AfterValidator(_seeded)]
Schemas = Annotated[dict[TableName, dict[str, Any]], MaxLen(256)]
"""The schema of each table, as ``Schema.to_json`` returns it."""
MANY = MaxLen(10_000_000)


def is_word(text: str) -> bool:
    """Return whether a text may be the name of a column."""
    return _WORD.fullmatch(text) is not None


def is_table_name(text: str) -> bool:
    """Return whether a text may be the name of a table, or of its folder."""
    return re.fullmatch(_NAME, text) is not None


def is_label(text: str) -> bool:
    """Return whether a text is the label of a slice."""
    return _LABEL.fullmatch(text) is not None


def is_manifest(name: str) -> bool:
    """Return whether a document is the manifest of a slice."""
    return _MANIFEST.fullmatch(name) is not None


def is_data_file(path: str) -> bool:
    """Return whether a path may be that of a file that a run wrote."""
    return _FILE.fullmatch(path) is not None and is_of_a_format(path)


@dataclass(frozen=True, slots=True)
class _Head:
    """What every record begins with."""

    form: int


T = TypeVar("T")


class BadForm(ValueError):
    """A record does not have the form that it should have; the message says where, and what is wrong, in one line."""


class NewerForm(BadForm):
    """A record was written by a later version of this package."""


def parse(kind: type[T], data: bytes, *, headed: bool = True) -> T:
    """Return the record that a JSON text holds.

    Args:
        kind: a dataclass whose fields have the types of this module.
        data: the text; NaN, other encodings than UTF-8, deep nesting and numbers in quotes are refused.
        headed: whether it says which form it has.

    Raises:
        NewerForm: if a later version wrote it.
        BadForm: naming the first place that is wrong.
    """
    try:
        if headed:
            form = _reader(_Head).validate_json(data, strict=True).form
            if form > FORM:
                raise NewerForm(
                    f"is of form {form}, written by a later rowmill; this one knows {FORM}: use a later one"
                )
            if form < FORM:
                raise BadForm(f"form: there is no form {form}")
        return cast(T, _reader(cast(Hashable, kind)).validate_json(data, strict=True))
    except ValidationError as error:
        raise BadForm(_first(error)) from None


def refuse_unusable(layout: Layout) -> None:
    """Raise BadForm where the files of a layout could neither be written nor read."""
    if layout.format not in FORMATS:
        raise BadForm(f"layout.format: {layout.format} is none of {', '.join(FORMATS)}")
    if layout.compression not in FORMATS[layout.format].endings:
        raise BadForm(f"layout: {layout.format} is not compressed with {layout.compression}")
    if layout.row_group_rows < 1 or layout.part_rows < 1:
        raise BadForm("layout: rows of a part and of a row group are at least one")
    if layout.partition_by is not None and not re.fullmatch(_NAME, layout.partition_by):
        raise BadForm(f"layout.partition_by: got {layout.partition_by[: _SHOWN // 3]!r}, which no run writes there")


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(step) for step in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "string_pattern_mismatch":
        message = f"got {problem['input'][: _SHOWN // 3]!r}, which no run writes there"
    text = " ".join(f"{where}: {message}".split()) if where else " ".join(message.split())
    shown = "".join(letter if letter.isprintable() else "?" for letter in text)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"


@cache
def _reader(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(Any, kind))
