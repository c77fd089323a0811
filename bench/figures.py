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

from peers import Cells, parquet_cells, tpchgen_command

from rowmill.api.measure import CommandCost, peak_memory_mb, run

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
    cost: CommandCost
    peak_mb: float | None

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.cost.wall_seconds

    @property
    def cpu_per_million(self) -> float:
        return self.cost.cpu_seconds / self.rows * MILLION


@dataclass(frozen=True, slots=True)
class Round:
    """CPU seconds measured one straight after the other: what a ratio divides met the machine in one state."""

    run: float
    """The large run with one worker, whole command."""
    floor: float
    """Writing its finished tables."""
    digest: float
    """Its content digest."""
    tpchgen: Cells
    faker: Cells


@dataclass(frozen=True, slots=True)
class Figures:
    """All that was measured."""

    runs: tuple[Run, ...]
    """The large runs by workers, then the million rows with the default workers."""
    rounds: tuple[Round, ...]
    bytes_per_row: float
    """Bytes of the transactions' files over their rows."""

    @property
    def base(self) -> Run:
        """Return the large run with one worker, which ratios refer to."""
        return self.runs[0]

    def speed(self, turn: Round) -> float:
        """Return cells of transactions alone a second of the CPU of everything, catalogs and labels too."""
        return self.base.rows * COLUMNS / turn.run

    def median(self, of: Callable[[Round], float]) -> float:
        """Return the median of a figure over the rounds."""
        return statistics.median(of(turn) for turn in self.rounds)

    def ratios(self) -> dict[str, float]:
        """Return what can be compared between machines, by name: medians of the ratios of each round."""
        found = {
            "cpu_of_run_over_floor": self.median(lambda turn: turn.run / turn.floor),
            "cells_per_cpu_second_over_tpchgen": self.median(lambda turn: self.speed(turn) / turn.tpchgen.per_second),
            "cells_per_cpu_second_over_faker": self.median(lambda turn: self.speed(turn) / turn.faker.per_second),
            "digest_share": self.median(lambda turn: turn.digest / turn.run),
            "bytes_per_row": self.bytes_per_row,
        }
        for other in self.runs[1:-1]:
            found[f"speed_of_{other.workers}_workers_over_1"] = other.rows_per_second / self.base.rows_per_second
        return found


class Bench:
    """Measures in a folder with room for the files of one run; they are removed before the next one."""

    def __init__(self, sizes: Sizes, folder: Path, say: Callable[[str], None]) -> None:
        self._sizes, self._folder, self._say = sizes, folder, say
        self._out = folder / "run"

    def measure(self) -> Figures:
        """Measure everything."""
        sizes = self._sizes
        jobs = [(sizes.rows, workers) for workers in sizes.workers]
        jobs.append((MILLION, max(workers for workers in sizes.workers if workers <= cores())))
        costs: list[list[CommandCost]] = [[] for _ in jobs]
        rounds = []
        for turn in range(1, sizes.repeat + 1):
            self._say(f"round {turn} of {sizes.repeat}: one worker, write-only floor, peers")
            costs[0].append(self._fresh(self._generate(*jobs[0])))
            transactions = (self._out / "transactions").rglob("*.parquet")
            bytes_per_row = sum(file.stat().st_size for file in transactions) / sizes.rows
            rounds.append(self._round(costs[0][-1]))
            for (rows, workers), found in zip(jobs[1:], costs[1:], strict=True):
                self._say(f"round {turn} of {sizes.repeat}: {rows:,} rows, {workers} workers")
                found.append(self._fresh(self._generate(rows, workers)))
        runs = []
        for (rows, workers), found in zip(jobs, costs, strict=True):
            self._say(f"memory: {rows:,} rows, {workers} workers")
            self._clear()
            runs.append(Run(rows, workers, _median(found), peak_memory_mb(self._generate(rows, workers))))
        self._clear()
        return Figures(tuple(runs), tuple(rounds), bytes_per_row)

    def _round(self, ours: CommandCost) -> Round:
        """Measure what the run that just ended is compared with."""
        self._clear()
        floor = _answer(_HERE / "floor.py", self._sizes.rows, _SEED, self._folder)
        peer = self._fresh(tpchgen_command(self._sizes.scale, self._out))
        cells = Cells(parquet_cells(self._out), peer.cpu_seconds)
        faker = Cells(**_answer(_HERE / "peers.py"))
        return Round(ours.cpu_seconds, floor["write_seconds"], floor["digest_seconds"], cells, faker)

    def _generate(self, rows: int, workers: int) -> list[str | Path]:
        options = ("--rows", str(rows), "--seed", str(_SEED), "--workers", str(workers), "--quiet")
        return [sys.executable, "-m", "rowmill", "generate", "payments", *options, "--out", self._out]

    def _fresh(self, command: Sequence[str | Path]) -> CommandCost:
        self._clear()
        return run(command)

    def _clear(self) -> None:
        shutil.rmtree(self._out, ignore_errors=True)


def cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _median(costs: Sequence[CommandCost]) -> CommandCost:
    return CommandCost(
        statistics.median(cost.wall_seconds for cost in costs), statistics.median(cost.cpu_seconds for cost in costs)
    )


def _answer(script: Path, *arguments: object) -> dict[str, Any]:
    done = subprocess.run([sys.executable, script, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))
