"""Figures as tables: for people on a terminal, and as Markdown for a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from baseline import Change
from figures import Figures, Run
from rich.console import Console
from rich.table import Table

_BARS = {
    "cpu_of_run_over_floor": "≤ 2.4",
    "cells_per_cpu_second_over_tpchgen": "≥ 1.5",
    "digest_share": "≤ 5 %",
    "bytes_per_row": "≤ 60",
    "speed_of_2_workers_over_1": "≥ 1.7",
}
_WORDS = {
    "cpu_of_run_over_floor": "CPU of the run / write-only floor",
    "cells_per_cpu_second_over_tpchgen": "cells per CPU second / tpchgen-cli",
    "cells_per_cpu_second_over_faker": "cells per CPU second / Faker",
    "digest_share": "CPU of the content digest / CPU of the run",
    "bytes_per_row": "bytes a transaction row",
}


@dataclass(frozen=True, slots=True)
class Grid:
    """One table: the first column holds names, the others figures."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(figures: Figures) -> list[Grid]:
    """Return runs, ratios and peers."""
    peers = (
        ("rowmill, 1 worker, 24 columns", figures.median(figures.speed)),
        ("tpchgen-cli lineitem, 16 columns", figures.median(lambda turn: turn.tpchgen.per_second)),
        ("Faker, 24 fields as dictionaries", figures.median(lambda turn: turn.faker.per_second)),
    )
    runs = [_run(run) for run in figures.runs]
    floor = f"{figures.median(lambda turn: turn.floor) / figures.base.rows * 1e6:.3f}"
    runs.append(("write-only floor", "", "", floor, ""))
    measured = figures.ratios().items()
    ratios = tuple((_words(name), _number(name, value), _BARS.get(name, "")) for name, value in measured)
    return [
        Grid(("rows × workers", "wall s", "rows/s", "CPU s / million rows", "peak PSS MB"), tuple(runs)),
        Grid(("ratio", "measured", "goal"), ratios),
        Grid(("cells per CPU second", "million"), tuple((name, f"{value / 1e6:.2f}") for name, value in peers)),
    ]


def changes(found: Sequence[Change]) -> Grid:
    """Return ratios then and now."""
    rows = tuple(
        (
            _words(change.name),
            _number(change.name, change.before),
            _number(change.name, change.now),
            f"{change.loss:+.0%}{'  FAILED' if change.failed else ''}",
        )
        for change in found
    )
    return Grid(("ratio", "baseline", "now", "worse by"), rows)


def show(title: str, grids: Sequence[Grid]) -> None:
    """Print tables."""
    console = Console()
    console.print(title)
    for grid in grids:
        table = Table()
        for place, name in enumerate(grid.head):
            table.add_column(name, justify="right" if place else "left")
        for row in grid.rows:
            table.add_row(*row)
        console.print(table)


def markdown(title: str, grids: Sequence[Grid]) -> str:
    """Return tables as Markdown."""
    lines = [title + ".", ""]
    for grid in grids:
        lines += [_line(grid.head), _line(["---", *["--:"] * (len(grid.head) - 1)]), *map(_line, grid.rows), ""]
    return "\n".join(lines)


def _run(run: Run) -> tuple[str, ...]:
    return (
        f"{run.rows:,} × {run.workers}",
        f"{run.cost.wall_seconds:.2f}",
        f"{run.rows_per_second:,.0f}",
        f"{run.cpu_per_million:.3f}",
        "–" if run.peak_mb is None else f"{run.peak_mb:.0f}",
    )


def _words(name: str) -> str:
    return _WORDS.get(name, name.replace("_", " "))


def _number(name: str, value: float) -> str:
    return f"{value:.1%}" if name == "digest_share" else f"{value:.2f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
