"""How tables refer to one another: for each foreign key, how many of its rows name a row that is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pyarrow as pa

from rowmill.model import ddl
from rowmill.model.schema import ForeignKey
from rowmill.quality.profile.asking import OpenTable, subset
from rowmill.quality.profile.facts import Relation

KEYS: Final = 400_000
"""About how many keys of a table are looked up; of a larger table, one in some."""


def relations(tables: Mapping[str, OpenTable], rows: Mapping[str, int]) -> tuple[Relation, ...]:
    """Return how the tables refer to one another.

    Args:
        tables: by name.
        rows: of each.
    """
    found = []
    for name, asked in tables.items():
        for key in asked.table.foreign_keys:
            other = tables.get(key.table)
            if other is not None and set(key.references) <= set(other.table.arrow.names):
                found.append(_looked_up(asked, other, key, -(-max(rows[name], rows[key.table]) // KEYS)))
    return tuple(found)


def matched_keys(asked: OpenTable, rows: int) -> tuple[int | None, float]:
    """Return the rows whose key another row before has, and the share of the keys that was looked at.

    Nulls count as equal. None where there is no key.
    """
    key = asked.table.primary_key
    if not key:
        return None, 0.0
    one_in = max(1, -(-rows // (4 * KEYS)))
    columns = ddl.names(key)
    ((all_rows, distinct),) = asked.rows(
        f"SELECT coalesce(sum(rows), 0), count(*) FROM (SELECT count(*) AS rows FROM {asked.relation} "
        f"WHERE {subset(key, one_in)} GROUP BY {columns})"
        if len(key) > 1 or asked.table.arrow.field(key[0]).nullable
        else f"SELECT count(*), count(DISTINCT {columns}) FROM {asked.relation} WHERE {subset(key, one_in)}"
    )
    return int(all_rows) - int(distinct), 1 / one_in


def _looked_up(asked: OpenTable, other: OpenTable, key: ForeignKey, one_in: int) -> Relation:
    one_in = max(1, one_in)
    kinds = _common(asked, other, key)
    named = _keys(asked, key.columns, kinds, one_in)
    there = _keys(other, key.references, kinds, one_in)
    same = " AND ".join(f"a.k{n} = b.k{n}" for n in range(len(kinds)))
    ((rows,),) = asked.rows(f"SELECT count(*) FROM ({named})")
    ((found,),) = asked.rows(f"SELECT count(*) FROM ({named}) a SEMI JOIN ({there}) b ON {same}")
    name = asked.table.name
    return Relation(name, key.columns, key.table, key.references, rows, found, 1 / one_in, key.earlier)


def _keys(asked: OpenTable, columns: Sequence[str], kinds: Sequence[str], one_in: int) -> str:
    chosen = ", ".join(
        f"CAST({ddl.name(c)} AS {kind}) AS k{n}" for n, (c, kind) in enumerate(zip(columns, kinds, strict=True))
    )
    filled = " AND ".join(f"{ddl.name(column)} IS NOT NULL" for column in columns)
    return f"SELECT {chosen} FROM {asked.relation} WHERE {filled} AND {subset(columns, one_in, kinds)}"


def _common(asked: OpenTable, other: OpenTable, key: ForeignKey) -> list[str]:
    """Return types in which the columns on both sides can be compared."""
    found = []
    for name, reference in zip(key.columns, key.references, strict=True):
        pair = (asked.table.arrow.field(name).type, other.table.arrow.field(reference).type)
        found.append("BIGINT" if all(pa.types.is_signed_integer(kind) for kind in pair) else "VARCHAR")
    return found
