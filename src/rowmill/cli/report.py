"""What people read after a run: tables on standard error."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from rowmill.run.manifest import Manifest
    from rowmill.run.summary import Summary


def show_summary(summary: Summary) -> None:
    """Print what a run wrote on standard error."""
    console = Console(stderr=True, highlight=False)
    rows = [(name, t.rows, t.bytes, t.files, t.digest) for name, t in summary.tables.items()]
    _print_tables(console, rows)
    done = "already complete, nothing written" if summary.skipped else f"{summary.seconds:.2f} s"
    if not summary.skipped:
        done += f", {summary.rows_per_second:,.0f} rows/s, {summary.workers} workers, {summary.peak_rss_mb:.0f} MB"
    console.print(f"{summary.destination}: {done}")
    console.print(f"seed {summary.seed}, fingerprint {summary.fingerprint}, digest {summary.digest}")
    if not summary.committed:
        console.print("not published yet: run the other shares, then `rowmill finalize " + summary.destination + "`")


def _print_tables(console: Console, rows: list[tuple[str, int, int, int, str]]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    for title in ("rows", "bytes", "files"):
        table.add_column(title, justify="right")
    table.add_column("digest")
    for name, count, size, files, digest in rows:
        table.add_row(name, f"{count:,}", f"{size:,}", f"{files:,}", digest)
    console.print(table)


def manifest_facts(manifest: Manifest, destination: str) -> dict[str, Any]:
    """Return what a destination holds as plain data."""
    return {
        "destination": destination,
        "domain": manifest.domain,
        "data_version": manifest.data_version,
        "engine_version": manifest.engine_version,
        "fingerprint": manifest.fingerprint,
        "seed": manifest.seed,
        "digest": manifest.digest,
        "rows": manifest.rows,
        "columns": manifest.columns,
        "published": manifest.published,
        "slices": [
            {"label": entry.label, "dates": entry.dates, "rows": entry.tables[manifest.main].rows}
            for entry in manifest.slices
        ],
        "tables": {
            name: {
                "rows": entry.rows,
                "bytes": sum(file.bytes for file in entry.files),
                "files": [asdict(file) for file in entry.files],
                "columns": dict(entry.columns),
            }
            for name, entry in manifest.tables.items()
        },
        "spec": manifest.spec,
    }


def show_manifest(manifest: Manifest, destination: str) -> None:
    """Print what a destination holds on standard output."""
    console = Console(highlight=False)
    facts = manifest_facts(manifest, destination)
    console.print(f"{destination}: {manifest.domain} data, version {manifest.data_version}")
    _print_tables(
        console,
        [(name, t["rows"], t["bytes"], len(t["files"]), "") for name, t in facts["tables"].items()],
    )
