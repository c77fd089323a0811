"""What files of users write where a value is missing, and what they write instead of a number: known in one place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

WORDS = ("", ".", "na", "n/a", "#n/a", "<na>", "nan", "null")
"""What R, SAS, pandas, Excel and SQL write for a missing value, in small letters; capitals mean the same."""
_COMMA = re.compile(r"[+-]?\d+,\d+")


def said(text: object) -> str:
    """Return a cell's text without blanks around it, empty where a word for missing stands."""
    stripped = "" if text is None else str(text).strip()
    return "" if stripped.lower() in WORDS else stripped


def without_words(texts: pa.Array, words: tuple[str, ...] = WORDS) -> pa.Array:
    """Return texts without blanks around them, and null where one of the words for missing stands."""
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(texts.cast(pa.string()))
    missing = pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(words, pa.string()))
    return pc.if_else(missing, pa.scalar(None, pa.string()), trimmed)


def sql_without_words(expression: str) -> str:
    """Return an SQL expression of a value as text without blanks around it, null where a word for missing stands."""
    listed = ", ".join(f"'{word}'" for word in WORDS)
    text = f"trim(CAST({expression} AS VARCHAR))"
    return f"CASE WHEN lower({text}) NOT IN ({listed}) THEN {text} END"


def number_hint(text: str) -> str:
    """Return what to do where a text would be a number but for its decimal comma, else nothing."""
    return "; write a decimal point, not a comma" if _COMMA.fullmatch(text.strip()) else ""
