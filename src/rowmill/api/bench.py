"""What making a workforce costs: whole commands in processes of their own, by engine and size."""

from __future__ import annotations

import re
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rowmill.api.measure import peak_memory_mb, run
from rowmill.core.errors import RowmillError, UsageError
from rowmill.core.scratch import scratch_folder
from rowmill.domains.registry import domain
from rowmill.model.engine import EARLIER, OWN, MakesBeforehand
from rowmill.model.spec import nearest
from rowmill.run.books.manifest import read

DOMAIN = "workforce"
SIZES = ("5kx5", "50kx5", "1Mx5")
_SEED, _START = 42, 2025
_UNITS = {"": 1, "k": 10**3, "m": 10**6}


@dataclass(frozen=True, slots=True)
class Size:
    """A workforce to make."""

    name: str
    employees: int
    years: int


@dataclass(frozen=True, slots=True)
class Figure:
    """What one engine took for one size; seconds are medians over runs."""

    engine: str
    size: str
    events: int
    employee_years: int
    """Rows of the snapshots."""
    seconds: float
    """Wall-clock seconds of the whole command, from the shell and back."""
    cpu_seconds: float
    """Of all its processes."""
    events_per_second: float
    microseconds_per_employee_year: float
    """CPU time."""
    growth: float
    """That, by that of the same engine's first size."""
    peak_mb: float | None
    """Most memory of all processes together, MB of 10⁶ bytes; None where the system does not tell."""
    digest: str

    def to_json(self) -> dict[str, Any]:
        """Return plain data, keys as the fields."""
        return asdict(self)


def parse_size(text: str) -> Size:
    """Return the size that a text such as 5kx5 or 1Mx20 means: employees and years.

    Raises:
        UsageError: if it means none.
    """
    found = re.fullmatch(r"(\d+)([km]?)x(\d+)", text.strip(), re.IGNORECASE | re.ASCII)
    if found is None or not int(found[1]) or not int(found[3]):
        raise UsageError(f"scenario {text!r}: not of the form 5kx5, employees and years; k are thousands, M millions")
    return Size(text.strip(), int(found[1]) * _UNITS[found[2].lower()], int(found[3]))


def engines_of(text: str) -> tuple[str, ...]:
    """Return the engines that a word means: one of the domain's, or ``both`` for all.

    Raises:
        UsageError: if it means none.
    """
    family = domain(DOMAIN)
    known = (OWN, *(family.other_engines if isinstance(family, MakesBeforehand) else ()))
    name = EARLIER.get(text, text)
    if name not in (*known, "both"):
        raise UsageError(f"engine {text!r}: unknown; {nearest(name, (*known, 'both'))}")
    return known if name == "both" else (name,)


def bench(
    engines: Sequence[str],
    sizes: Sequence[Size],
    *,
    runs: int,
    workers: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Figure]:
    """Return what each engine takes for each size.

    Args:
        engines: arrays and sql, or one of them.
        sizes: workforces to make.
        runs: timed runs of each, after one whose memory is watched.
        workers: worker processes; None for one a usable core.
        tell: called with what is measured next.

    Raises:
        RowmillError: if a command fails.
    """
    figures: list[Figure] = []
    for engine in engines:
        first: float | None = None
        for size in sizes:
            tell(f"{engine}, {size.name}")
            figure = _figure(engine, size, runs, workers, first)
            first = figure.microseconds_per_employee_year if first is None else first
            figures.append(figure)
    return figures


def _figure(engine: str, size: Size, runs: int, workers: int | None, first: float | None) -> Figure:
    with scratch_folder() as folder:
        out = folder / "out"
        command = _command(engine, size, workers, out)
        try:
            peak = peak_memory_mb(command)
            costs = [run([*command, "--overwrite"]) for _ in range(runs)]
        except RuntimeError as error:
            raise RowmillError(str(error)) from None
        manifest = read(out)
    events, people = (manifest.tables[name].rows for name in ("events", "snapshots"))
    seconds = statistics.median(cost.wall_seconds for cost in costs)
    cpu = statistics.median(cost.cpu_seconds for cost in costs)
    each = cpu / max(people, 1) * 1e6
    return Figure(
        engine=engine,
        size=size.name,
        events=events,
        employee_years=people,
        seconds=seconds,
        cpu_seconds=cpu,
        events_per_second=events / seconds,
        microseconds_per_employee_year=each,
        growth=each / (first or each),
        peak_mb=peak,
        digest=manifest.digest,
    )


def _command(engine: str, size: Size, workers: int | None, out: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "rowmill", "generate", DOMAIN, "--quiet"),
        *("--engine", engine, "--employees", str(size.employees), "--seed", str(_SEED)),
        *("--start", str(_START), "--end", str(_START + size.years - 1), "--out", str(out)),
        *(() if workers is None else ("--workers", str(workers))),
    ]
