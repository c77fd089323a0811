"""Measuring everything once, in rounds, so that a busy minute of the machine falls on all alike."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import Cost, peak_memory_mb, run
from peers import Cells, parquet_cells, tpchgen_command

COLUMNS = 24
MILLION = 1_000_000
_HERE = Path(__file__).parent
_SEED = 42


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much to measure."""

    rows: int
    repeat: int
    workers: tuple[int, ...]
    scale: int
    """TPC-H scale factor of the peer's table."""


@dataclass(frozen=True, slots=True)
class Run:
    """Whole commands of one size and number of workers: medians."""

    rows: int
    workers: int
    cost: Cost
    peak_mb: float | None

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.cost.wall_seconds

    @property
    def cpu_per_million(self) -> float:
        return self.cost.cpu_seconds / self.rows * MILLION


@dataclass(frozen=True, slots=True)
class Figures:
    """All that was measured."""

    runs: tuple[Run, ...]
    """The large runs by workers, then the million rows with the default workers."""
    bytes_per_row: float
    """Bytes of the transactions' files over their rows."""
    floor_cpu_seconds: float
    """CPU to write the finished tables of the large run, median."""
    digest_cpu_seconds: float
    tpchgen: Cells
    faker: Cells

    @property
    def base(self) -> Run:
        """Return the large run with one worker, which ratios refer to."""
        return self.runs[0]

    @property
    def cells_per_cpu_second(self) -> float:
        """Return cells of transactions alone over the CPU of everything, catalogs and labels too."""
        return self.base.rows * COLUMNS / self.base.cost.cpu_seconds

    def ratios(self) -> dict[str, float]:
        """Return what can be compared between machines, by name; see ``baseline.LOWER_IS_BETTER``."""
        found = {
            "cpu_of_run_over_floor": self.base.cost.cpu_seconds / self.floor_cpu_seconds,
            "cells_per_cpu_second_over_tpchgen": self.cells_per_cpu_second / self.tpchgen.per_second,
            "cells_per_cpu_second_over_faker": self.cells_per_cpu_second / self.faker.per_second,
            "digest_share": self.digest_cpu_seconds / self.base.cost.cpu_seconds,
            "bytes_per_row": self.bytes_per_row,
        }
        for other in self.runs[1:-1]:
            found[f"speed_of_{other.workers}_workers_over_1"] = other.rows_per_second / self.base.rows_per_second
        return found


def measure(sizes: Sizes, folder: Path, say: Callable[[str], None]) -> Figures:
    """Measure everything in a folder with room for the files of one run; they are removed."""
    jobs = [(sizes.rows, workers) for workers in sizes.workers]
    jobs.append((MILLION, max(w for w in sizes.workers if w <= cores())))
    costs: dict[tuple[int, int, int], list[Cost]] = {}
    peer_costs: list[Cost] = []
    for turn in range(1, sizes.repeat + 1):
        for place, (rows, workers) in enumerate(jobs):
            say(f"round {turn} of {sizes.repeat}: {rows:,} rows, {workers} workers")
            costs.setdefault((place, rows, workers), []).append(_fresh(folder, _generate(folder, rows, workers)))
            if place == 0 and turn == 1:
                transactions = folder / "run" / "transactions"
                bytes_per_row = sum(file.stat().st_size for file in transactions.rglob("*.parquet")) / rows
        say(f"round {turn} of {sizes.repeat}: tpchgen-cli lineitem, scale {sizes.scale}")
        peer_costs.append(_fresh(folder, tpchgen_command(sizes.scale, folder / "run")))
        cells = parquet_cells(folder / "run")
    runs = []
    for (_, rows, workers), found in costs.items():
        say(f"memory: {rows:,} rows, {workers} workers")
        _clear(folder)
        runs.append(Run(rows, workers, _median(found), peak_memory_mb(_generate(folder, rows, workers))))
    _clear(folder)
    say("write-only floor and digest")
    floor = _answer(_HERE / "floor.py", sizes.rows, _SEED, folder, sizes.repeat)
    say("Faker")
    fakers = [Cells(**_answer(_HERE / "peers.py")) for _ in range(sizes.repeat)]
    return Figures(
        runs=tuple(runs),
        bytes_per_row=bytes_per_row,
        floor_cpu_seconds=statistics.median(floor["write_seconds"]),
        digest_cpu_seconds=floor["digest_seconds"],
        tpchgen=Cells(cells, _median(peer_costs).cpu_seconds),
        faker=Cells(fakers[0].cells, statistics.median(found.cpu_seconds for found in fakers)),
    )


def cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _generate(folder: Path, rows: int, workers: int) -> list[str | Path]:
    options = ("--rows", str(rows), "--seed", str(_SEED), "--workers", str(workers), "--quiet")
    return [sys.executable, "-m", "rowmill", "generate", "payments", *options, "--out", folder / "run"]


def _fresh(folder: Path, command: Sequence[str | Path]) -> Cost:
    _clear(folder)
    return run(command)


def _clear(folder: Path) -> None:
    shutil.rmtree(folder / "run", ignore_errors=True)


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.wall_seconds for cost in costs), statistics.median(cost.cpu_seconds for cost in costs)
    )


def _answer(script: Path, *arguments: object) -> dict[str, Any]:
    done = subprocess.run([sys.executable, script, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))
