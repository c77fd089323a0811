"""``python bench``: measure speed, memory and size against the write-only floor and against other generators."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import baseline
import report
from figures import Bench, Sizes, cores

_ROWS = 10_000_000
_WORKERS = (1, 2, 4, 8)
_QUIET = 0.5
"""Load for each core above which other programs compete for the machine."""


def count(text: str) -> int:
    """Return a positive whole number; digits may be grouped with underscores."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}: must be at least 1")
    return value


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, allow_abbrev=False)
    parser.add_argument("--rows", type=count, help=f"rows of the large run (default {_ROWS:_})")
    parser.add_argument("--repeat", type=count, default=3, help="rounds; medians are shown (default 3)")
    parser.add_argument("--workers", type=count, nargs="+", help="workers (default 1 2 4 8, up to the cores)")
    parser.add_argument("--scale", type=count, default=3, help="TPC-H scale of the peer's lineitem (default 3)")
    parser.add_argument("--folder", type=Path, help="where to write (default the system's temporary folder)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables to a file as well")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--check", action="store_true", help="compare the ratios with the baseline; exit 1 past 25 %%")
    group.add_argument("--write-baseline", action="store_true", help="make the ratios the new baseline")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    workers = asked.workers or [n for n in _WORKERS if n <= cores()]
    sizes = Sizes(asked.rows or _ROWS, asked.repeat, tuple(sorted({1, *workers})), asked.scale)
    if asked.check and asked.rows is None:
        sizes = replace(sizes, rows=baseline.read().rows)
    if asked.check and sizes.rows != baseline.read().rows:
        print(f"--rows {sizes.rows}: the baseline was measured with {baseline.read().rows}; leave --rows out")
        return 2
    load = os.getloadavg()[0]
    quiet = load <= cores() * _QUIET
    machine = f"{cores()} cores, {platform.machine()}, Python {platform.python_version()}, load {load:.1f} at the start"
    if not quiet:
        machine += ": busy, so wall times and the speed of workers say little and are not compared"
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        figures = Bench(sizes, Path(folder), lambda text: print(f"  {text}", file=sys.stderr, flush=True)).measure()
    tables = report.tables(figures)
    report.show(machine, tables)
    if asked.markdown:
        asked.markdown.write_text(report.markdown(machine, tables))
    ratios = baseline.steady(figures.ratios(), quiet=quiet)
    if asked.write_baseline:
        baseline.write(sizes.rows, ratios)
    if asked.check:
        changes = baseline.compare(baseline.read(), ratios)
        report.show("against the committed baseline", [report.changes(changes)])
        return int(any(change.failed for change in changes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
