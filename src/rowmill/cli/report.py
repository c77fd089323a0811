"""What people read about a run and about a destination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rowmill.cli.grid import grid
from rowmill.cli.reports import reports
from rowmill.run.books.forms import WHOLE

if TYPE_CHECKING:
    from rowmill.api.estimate import Estimate
    from rowmill.api.facts import Facts
    from rowmill.api.statistics import ColumnShares
    from rowmill.run.books.manifest import Manifest
    from rowmill.run.books.records import TableEntry
    from rowmill.run.summary import Summary, TableSummary


def show_summary(summary: Summary, facts: Facts | None) -> None:
    """Print what a run wrote on standard error."""
    own = {name: table for name, table in summary.tables.items() if name not in summary.shared}
    rows = [(name, t.rows, t.bytes, t.files, t.digest) for name, t in own.items()]
    lines = [grid(("table", "rows", "bytes", "files", "digest"), rows), *_facts(facts), *_shares(own)]
    if summary.shared:
        lines.append(f"shared with other slices, not written: {', '.join(summary.shared)}")
    place = _seen_from_here(summary.destination)
    # The main table is the first one; rows of others are in the grid.
    of = f" of {next(iter(summary.tables))}" if len(summary.tables) > 1 else ""
    if summary.skipped:
        lines.append(f"{place}: already complete, nothing written")
    elif summary.repaired:
        lines.append(f"{place}: {summary.repaired} lost files made again; the others were complete")
    elif not summary.peak_rss_mb:
        slices = "" if summary.slice == WHOLE else f" of {summary.slice}"
        lines.append(
            f"{place}: {summary.rows:,} rows{of}{slices} published, {_size(summary.bytes)} in {summary.files} files"
        )
    else:
        made = "" if summary.made_rows == summary.rows else f", {summary.made_rows:,} of them made"
        lines.append(
            f"{place}: {summary.rows:,} rows{of}{made} in {summary.seconds:.2f} s "
            f"({summary.rows_per_second:,.0f} rows/s), {_size(summary.bytes)} in {summary.files} files, "
            f"peak memory {summary.peak_rss_mb:.0f} MB"
        )
    if "://" in summary.data and summary.data != summary.destination:
        lines.append(f"data: {summary.data}")
    lines.append(f"seed {summary.seed}, fingerprint {summary.fingerprint}, digest {summary.digest}")
    if not summary.committed:
        lines.append(f"not published yet: when every share is made, run `rowmill finalize {summary.destination}`")
    tables = {name: {"rows": table.rows, "bytes": table.bytes} for name, table in summary.tables.items()}
    reports().tell("finished", "\n".join(lines), summary.to_json() | {"tables": tables})


def _seen_from_here(path: str) -> str:
    """Return a path below the working directory without it, and any other as it is."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path


def _facts(facts: Facts | None) -> list[str]:
    if facts is None:
        return []
    shares = (("missing", facts.null_shares), ("true", facts.true_shares))
    lines = [
        (word, ", ".join(f"{n} {s:.3%}" for n, s in found.items() if s or word == "true")) for word, found in shares
    ]
    return [f"{word}: {text}" for word, text in lines if text]


def _shares(tables: Mapping[str, TableSummary | TableEntry]) -> list[str]:
    """Return what domains count of their rows, a line for each table of which anything is counted."""
    return [
        f"{name}: " + ", ".join(f"{word} {share:.3%}" for word, share in table.shares.items())
        for name, table in tables.items()
        if table.shares
    ]


def show_estimate(estimate: Estimate) -> None:
    """Print what a run would make and cost on standard error."""
    rows = [
        (name, f"{t.rows:,}" if t.exact else f"about {t.rows:,}", f"about {t.bytes:,}", t.files)
        for name, t in estimate.tables.items()
    ]
    room = "enough" if estimate.fits else "NOT ENOUGH"
    if estimate.complete:
        place = _seen_from_here(estimate.destination)
        text = f"{place}: slice {estimate.slice} is complete already; nothing would be made"
        reports().tell("estimated", text, estimate.to_json())
        return
    free = "" if estimate.free_bytes is None else f"; {_size(estimate.free_bytes)} free on the disk: {room}"
    shared = f"shared with other slices, not written: {', '.join(estimate.shared)}\n" if estimate.shared else ""
    text = (
        f"{grid(('table', 'rows', 'bytes', 'files'), rows, right={'rows', 'bytes'})}\n{shared}"
        f"{_seen_from_here(estimate.destination)}: about {_size(estimate.bytes)} in {estimate.seconds:.1f} s with "
        f"{estimate.workers} workers{free}; nothing was written"
    )
    reports().tell("estimated", text, estimate.to_json())


def show_manifest(manifest: Manifest, destination: str) -> None:
    """Print what a destination holds on standard output."""
    versions = f"data version {manifest.data_version}, by rowmill {manifest.engine_version}"
    rows = [(name, t.rows, t.bytes, len(t.files), t.digest(name).value) for name, t in manifest.tables.items()]
    lines = [
        f"{destination}: {manifest.domain} data, {versions}, seed {manifest.seed}",
        f"fingerprint {manifest.fingerprint}, digest {manifest.digest}",
        grid(("table", "rows", "bytes", "files", "digest"), rows),
        *_shares(manifest.tables),
    ]
    if manifest.columns is not None:
        lines.append(f"columns of {manifest.main}: {', '.join(manifest.columns)}")
    for entry in manifest.slices:
        first, last = entry.dates
        days = first if first == last else f"{first} to {last}"
        lines.append(f"slice {entry.label}: {days}, {entry.tables[manifest.main].rows:,} rows")
    lines += map(str, manifest.unfinished)
    if not manifest.published:
        lines.append("a crash came between commit and publication: the next run there finishes it")
    click.echo("\n".join(lines))


def show_columns(facts: Mapping[str, Mapping[str, ColumnShares]]) -> None:
    """Print what manifests tell of columns on standard output, a grid a table."""
    titles = ("column", "missing", "true", "least", "median", "greatest", "different")
    for table, columns in facts.items():
        rows = [
            (
                name,
                f"{each.null_share:.3%}",
                "" if each.true_share is None else f"{each.true_share:.3%}",
                *("" if value is None else _number(value) for value in (each.least, _median(each), each.greatest)),
                "" if each.unique is None else f"{each.unique:,}",
            )
            for name, each in columns.items()
        ]
        click.echo(f"\n{table}\n{grid(titles, rows, right=set(titles[1:]))}")
    if not facts:
        click.echo("no statistics of columns: an earlier version wrote this")


def _median(facts: ColumnShares) -> Any:
    return None if facts.quantiles is None else facts.quantiles["0.5"]


def _number(value: Any) -> str:
    return str(value) if isinstance(value, str) else f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"


def manifest_json(manifest: Manifest, destination: str) -> dict[str, Any]:
    """Return what a destination holds as plain data."""
    from rowmill.api.statistics import manifest_facts

    known = manifest_facts(destination, manifest)
    tables = {
        name: {**table.to_json(), "bytes": table.bytes, "shares": table.shares, "statistics": None}
        for name, table in manifest.tables.items()
    }
    for name, columns in known.items():
        found = manifest.tables[name].statistics
        tables[name]["statistics"] = {
            "rows_looked_at": found and found.looked,
            "hours_of_week": found and found.hours,
            "columns": {column: asdict(facts) for column, facts in columns.items()},
        }
    slices = [
        {"label": entry.label, "dates": entry.dates, "rows": entry.tables[manifest.main].rows}
        for entry in manifest.slices
    ]
    own = ("domain", "data_version", "engine_version", "fingerprint", "seed", "digest", "rows", "columns", "main")
    return {
        "destination": destination,
        **{name: getattr(manifest, name) for name in own},
        "published": manifest.published,
        "unfinished": [asdict(each) for each in manifest.unfinished],
        "slices": slices,
        "tables": tables,
        "spec": manifest.spec,
    }


def _size(count: int) -> str:
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} bytes"
