"""Profiling: from a path to all that was found there."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from rowmill.quality.profile.asking import OpenTable
from rowmill.quality.profile.associations import matrices
from rowmill.quality.profile.columns import counted, facts, outliers, sampled
from rowmill.quality.profile.facts import ColumnFacts, Profile, TableFacts
from rowmill.quality.profile.findings import findings
from rowmill.quality.profile.reaching import reached
from rowmill.quality.profile.relations import matched_keys, relations
from rowmill.quality.profile.sampling import drawn, shown_rows, size
from rowmill.quality.profile.spreading import spread
from rowmill.quality.profile.times import over_time
from rowmill.quality.sources.finding import source
from rowmill.quality.sources.scanning import connected, readable, scanned
from rowmill.quality.sources.source import Source, SourceTable
from rowmill.run.books.manifest import Manifest

Told = Callable[[str], None]
"""Is told which table is looked at."""


def profile(path: str | os.PathLike[str], tables: Sequence[str] | None = None, told: Told | None = None) -> Profile:
    """Return what lies at a path, column by column.

    Figures of all rows are exact unless they say otherwise; quantiles, forms of texts and correlations are those of a
    sample that a hash chooses. Memory stays within a bound whatever the rows are.

    Args:
        path: whatever ``sources.finding.source`` takes.
        tables: names of some that are there; None for all.
        told: is called with the name of each table before it is looked at.

    Raises:
        UsageError: if nothing is there that can be read, or no such table.
        IntegrityError: if what is there is damaged.
    """
    found = source(path)
    chosen = [found.table(name) for name in tables] if tables is not None else list(found.tables.values())
    with connected() as connection, ExitStack() as stack:
        asked = {}
        for table in chosen:
            with readable(table.name):
                relation = stack.enter_context(scanned(table, connection))
            asked[table.name] = OpenTable(connection, table, relation)
        seen = []
        for name, each in asked.items():
            if told is not None:
                told(name)
            seen.append(_table(each, found))
        rows = {table.name: table.rows for table in seen}
        linked = relations(asked, rows)
        met = reached(found.shown, found.manifest, asked)
    return Profile(found.shown, tuple(seen), linked, met, findings(seen, linked, met), _about(found.manifest))


def _table(asked: OpenTable, found: Source) -> TableFacts:
    counts = counted(asked)
    rows = counts["rows"]
    asked = drawn(asked, rows)
    in_sample, twins = size(asked)
    samples = sampled(asked)
    samples |= outliers(asked, samples)
    duplicates, looked_at = matched_keys(asked, rows)
    columns = []
    for n in range(len(asked.table.arrow)):
        column = spread(asked, facts(asked, n, counts, samples), counts, n)
        if asked.table.primary_key == (column.name,) and looked_at == 1 and duplicates is not None and not column.nulls:
            column = replace(column, distinct=rows - duplicates, distinct_exact=True)
        columns.append(column)
    first, some = shown_rows(asked)
    name = asked.table.name
    entry = found.manifest.tables.get(name) if found.manifest is not None else None
    return TableFacts(
        name=name,
        rows=rows,
        columns=tuple(columns),
        sampled=in_sample,
        key=asked.table.primary_key,
        duplicates=duplicates,
        keys_looked_at=looked_at,
        twins=twins,
        bytes=entry.bytes if entry is not None else None,
        description=asked.table.schema.description if asked.table.schema is not None else None,
        times=over_time(asked, columns),
        matrices=matrices(asked, columns, _without_meaning(asked.table, columns)),
        first_rows=first,
        random_rows=some,
    )


def _without_meaning(table: SourceTable, columns: Sequence[ColumnFacts]) -> frozenset[str]:
    """Return the columns whose numbers are names: keys, and whole numbers that tell nearly every row apart."""
    keys = {name for key in table.foreign_keys for name in key.columns} | set(table.primary_key[:1])
    telling = {c.name for c in columns if "int" in c.type and c.filled > 100 and c.distinct > 0.95 * c.filled}
    return frozenset(keys | telling)


def _about(manifest: Manifest | None) -> Mapping[str, str]:
    if manifest is None:
        return {}
    return {
        "domain": manifest.domain,
        "seed": str(manifest.seed),
        "fingerprint": manifest.fingerprint,
        "digest": manifest.digest,
        "data version": manifest.data_version,
        "made by": f"rowmill {manifest.engine_version}",
        "slices": ", ".join(each.label for each in manifest.slices[:6]) + ", …" * (len(manifest.slices) > 6),
    }
