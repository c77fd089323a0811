"""What trials cost: making rows in memory on one core, whole commands, and memory of a large run.

``python bench/vitals.py`` takes a minute; ``--rows 100_000_000 --folder DIR`` measures the memory of a larger run, that
needs 12 bytes of disk a row. ``make bench`` measures payments.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from time import process_time

import report
from figures import cores

from rowmill.api.measure import CommandCost, peak_memory_mb, run

_SEED = 42
_ROWS_A_SUBJECT = 4
_ARMS = 2
_MILLION = 1_000_000
_METHODS = (("mvn", ()), ("bootstrap", ()), ("rules", ()), ("mvn", ("--preset", "realistic")))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/vitals.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("--rows", type=int, default=10 * _MILLION, help="rows of the run whose memory is measured")
    parser.add_argument("--workers", type=int, default=min(2, cores()), help="workers of whole commands")
    parser.add_argument("--repeat", type=int, default=5, help="rounds; medians are shown")
    parser.add_argument("--folder", type=Path, help="where to write (default the system's temporary folder)")
    return parser.parse_args()


def subjects(rows: int) -> int:
    """Return the subjects of each arm that make so many rows."""
    return rows // (_ROWS_A_SUBJECT * _ARMS)


def in_memory(method: str, preset: tuple[str, ...], repeat: int) -> float:
    """Return rows made in a second of CPU, all columns of vitals, the median of some rounds."""
    import rowmill
    from rowmill.domains.vitals.settings import PRESETS

    fields = dict(PRESETS[preset[-1]]) if preset else {}
    data = rowmill.dataset("vitals", seed=_SEED, subjects_per_arm=subjects(4 * _MILLION), method=method, **fields)
    speeds = []
    for _ in range(repeat + 1):
        started = process_time()
        rows = sum(len(frame["SubjectID"]) for frame in data["vitals"].frames())
        speeds.append(rows / (process_time() - started))
    return statistics.median(speeds[1:])


def command(rows: int, workers: int, out: Path, *more: str) -> list[str | Path]:
    """Return a whole command."""
    sizes = ("--subjects-per-arm", str(subjects(rows)), "--seed", str(_SEED), "--workers", str(workers))
    return [sys.executable, "-m", "rowmill", "generate", "vitals", *sizes, *more, "--quiet", "--out", out]


def timed(rows: int, asked: argparse.Namespace, out: Path, *more: str) -> CommandCost:
    """Return what a command costs, the median of some rounds."""
    costs = []
    for _ in range(asked.repeat):
        shutil.rmtree(out, ignore_errors=True)
        costs.append(run(command(rows, asked.workers, out, *more)))
    shutil.rmtree(out, ignore_errors=True)
    return CommandCost(*(statistics.median(getattr(cost, name) for cost in costs) for name in CommandCost.__slots__))


def main() -> None:
    asked = arguments()
    logging.disable(logging.WARNING)
    speeds = [(method, preset, in_memory(method, preset, asked.repeat)) for method, preset in _METHODS]
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        out = Path(folder) / "run"
        costs = [
            (form, method, timed(_MILLION, asked, out, "--format", form, "--method", method))
            for form in ("parquet", "csv")
            for method in ("mvn", "bootstrap", "rules")
        ]
        peak = peak_memory_mb(command(asked.rows, asked.workers, out))
    report.show(
        f"{cores()} cores, {asked.workers} workers",
        [
            report.Grid(
                ("in memory, one core", "million rows/s"),
                tuple((" ".join((method, *preset)), f"{speed / _MILLION:.2f}") for method, preset, speed in speeds),
            ),
            report.Grid(
                ("a million rows, whole command", "wall s", "CPU s"),
                tuple((f"{f}, {m}", f"{c.wall_seconds:.2f}", f"{c.cpu_seconds:.2f}") for f, m, c in costs),
            ),
            report.Grid(
                ("rows to Parquet", "peak PSS MB"), ((f"{asked.rows:,}", "–" if peak is None else f"{peak:.0f}"),)
            ),
        ],
    )


if __name__ == "__main__":
    main()
