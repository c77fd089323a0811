"""The hash RNG as Polars expressions: to draw again, in a frame of events, what the simulation drew."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from rowmill.domains.workforce.random.rng import stream_words
from rowmill.draw.md5 import plain_md5_words

_WORD = 1 << 32


def words_frame(ids: Iterable[str]) -> pl.DataFrame:
    """Return ``employee_id`` with its first two words as ``a`` and ``b``, UInt32."""
    listed = list(ids)
    a, b, _ = plain_md5_words(text.encode() for text in listed)
    return pl.DataFrame({"employee_id": listed, "a": a, "b": b}, schema_overrides={"employee_id": pl.String})


def draw_expr(a: pl.Expr, b: pl.Expr, key: tuple[int, int, str, str]) -> pl.Expr:
    """Return the draw of each employee as UInt64, 0 … 2³² − 1.

    Args:
        a: first words of ids, unsigned integers.
        b: second words.
        key: seed, year, event type and salt.
    """
    s, t = stream_words(*key)
    wide = [word.cast(pl.UInt64) for word in (a, b)]
    return _scrambled(((_scrambled(wide[0] ^ _literal(s)) ^ wide[1]) + _literal(t)) % _literal(_WORD))


def _scrambled(x: pl.Expr) -> pl.Expr:
    x = _times(x ^ (x // _literal(1 << 16)), 0x7FEB352D)
    x = _times(x ^ (x // _literal(1 << 15)), 0x846CA68B)
    return x ^ (x // _literal(1 << 16))


def _times(x: pl.Expr, factor: int) -> pl.Expr:
    return (x * _literal(factor)) % _literal(_WORD)


def _literal(value: int) -> pl.Expr:
    return pl.lit(value, dtype=pl.UInt64)
