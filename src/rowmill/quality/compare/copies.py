"""Exact copies: rows of the synthetic table that stand in the real one, over all rows of it, beside a control."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from rowmill.core.keys import Key
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.words import Words, mix, words
from rowmill.model.texthash import text_hashes
from rowmill.quality.compare.encoding import raw_values
from rowmill.quality.compare.sampling import Drawn, hashed
from rowmill.quality.sources.source import SourceTable

_KEY = Key(bytes(16))
_MODULUS = 1 << 64
_A_PASS = 1 << 24
"""Rows of the real table whose hashes are held at once: 128 MB."""


@dataclass(frozen=True, eq=False)
class Copies:
    """What of some rows was found in a whole table."""

    columns: tuple[str, ...]
    """That are compared."""
    synthetic: Flags
    """Which rows of the synthetic sample stand in the real table."""
    entity: Ints
    """Of each of them."""
    control: Flags
    """Which real rows that the synthesizer cannot have copied from stand there too."""
    control_entity: Ints
    identical: bool
    """Whether the two whole tables have the same rows, each as often."""
    rows: int
    """Of the whole synthetic table."""
    hits: int
    """How many of them stand in the real table."""

    @property
    def unexplained(self) -> bool:
        """Return whether rows were found, and none of those that stand there by chance."""
        return self.hits > 0 and not self.control.any()


def row_hashes(rows: pa.Table, columns: Sequence[str], coded: frozenset[str]) -> Words:
    """Return 64 bits for each row by its values, uint64[rows]; equal for equal numbers, whatever type holds them."""
    out = np.zeros(rows.num_rows, np.uint64)
    for name in columns:
        raw = raw_values(rows.column(name), coded=name in coded)
        assert not isinstance(raw, str)
        if raw.kind == "number":
            # Zero has two signs and one value.
            each = words(_KEY, np.ascontiguousarray(raw.values + 0.0).view(np.uint64))
        else:
            null = np.asarray(raw.values.is_null().to_numpy(zero_copy_only=False))
            each = text_hashes(raw.values) ^ null.astype(np.uint64)
        out = mix(out ^ each)
    return out


def find(
    real: SourceTable,
    synthetic: SourceTable,
    samples: Sequence[Drawn],
    columns: Sequence[str],
    coded: frozenset[str],
    by: str | None,
) -> Copies:
    """Return which rows of samples stand in the real table, which is read whole.

    Args:
        real: the table that may have been copied.
        synthetic: the table that may be a copy.
        samples: rows of the real table, of the synthetic one, and of a hold-out if there is one. Without one, a real
            row is its own control: whether another entity has it too.
        columns: that are compared.
        coded: those of them whose numbers are codes.
        by: the column that tells entities of the real table; None where each row is one.
    """
    made = row_hashes(samples[1].rows, columns, coded)
    held = row_hashes(samples[2].rows, columns, coded) if len(samples) > 2 else None
    own = row_hashes(samples[0].rows, columns, coded) if held is None else held
    wanted = np.unique(np.concatenate([made, own]))
    # Of each wanted row the least and the largest entity that has it: where they differ, two entities have it.
    least, most = np.full(len(wanted), ~np.uint64(0)), np.zeros(len(wanted), np.uint64)
    seen, total, whole = 0, 0, list[Words]()
    for batch in real.batches([*columns, by] if by and by not in columns else list(columns)):
        rows = pa.Table.from_batches([batch])
        hashes = row_hashes(rows, columns, coded)
        entity = words(_KEY, np.arange(seen, seen + len(hashes))) if by is None else hashed(batch.column(by), _KEY)
        seen += len(hashes)
        total += int(hashes.sum(dtype=np.uint64))
        if seen <= _A_PASS:
            whole.append(hashes)
        place = np.minimum(np.searchsorted(wanted, hashes), len(wanted) - 1)
        hit = np.flatnonzero(wanted[place] == hashes)
        np.minimum.at(least, place[hit], entity[hit])
        np.maximum.at(most, place[hit], entity[hit])
    parts = max(1, -(-seen // _A_PASS))
    if parts > 1:
        whole.clear()
    rows, sums, hits = _against(synthetic, _distinct(whole), columns, coded, (0, 1)) if parts == 1 else (0, 0, 0)
    for part in range(parts) if parts > 1 else ():
        rest = (_part(each, (part, parts)) for each in _hashes(real, columns, coded))
        rows, sums, more = _against(synthetic, _distinct(list(rest)), columns, coded, (part, parts))
        hits += more
    found, shared = least <= most, least < most
    control = (found if held is not None else shared)[np.searchsorted(wanted, own)]
    return Copies(
        tuple(columns), found[np.searchsorted(wanted, made)], samples[1].entity, control,
        samples[0 if held is None else 2].entity, (rows, sums) == (seen, total % _MODULUS), rows, hits,
    )  # fmt: skip


def _hashes(table: SourceTable, columns: Sequence[str], coded: frozenset[str]) -> Iterator[Words]:
    for batch in table.batches(list(columns)):
        yield row_hashes(pa.Table.from_batches([batch]), columns, coded)


def _part(hashes: Words, part: tuple[int, int]) -> Words:
    """Return the hashes of one of so many parts."""
    at, parts = part
    return hashes if parts == 1 else hashes[hashes % np.uint64(parts) == at]


def _distinct(hashes: list[Words]) -> Words:
    return np.unique(np.concatenate(hashes)) if hashes else np.zeros(0, np.uint64)


def _against(
    table: SourceTable, known: Words, columns: Sequence[str], coded: frozenset[str], part: tuple[int, int]
) -> tuple[int, int, int]:
    """Return how many rows a table has, the sum of their hashes modulo 2⁶⁴, and how many of a part are known."""
    rows, total, hits = 0, 0, 0
    for hashes in _hashes(table, columns, coded):
        rows += len(hashes)
        total += int(hashes.sum(dtype=np.uint64))
        asked = _part(hashes, part)
        if len(known):
            hits += int((known[np.minimum(np.searchsorted(known, asked), len(known) - 1)] == asked).sum())
    return rows, total % _MODULUS, hits
