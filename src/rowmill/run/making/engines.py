"""The engine of a run: most rows are computed tile by tile; another engine makes all of them before the first part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rowmill.core.errors import UsageError
from rowmill.core.processes import FREE, Cost
from rowmill.core.scratch import scratch_folder
from rowmill.domains.registry import domain
from rowmill.model.dataset import Dataset
from rowmill.model.engine import OWN, MakesBeforehand, Workplace
from rowmill.model.mistakes import nearest
from rowmill.model.part import Part
from rowmill.run.making.executors import usable_cores
from rowmill.run.settings import RunSettings


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """What parts are made from."""

    dataset: Dataset
    made: str | None = None
    """Where an engine made the rows before."""
    cost: Cost = FREE
    """What that took."""


def require_engine(dataset: Dataset, settings: RunSettings) -> None:
    """Refuse an engine that the dataset's domain does not have, or that cannot run here.

    Raises:
        UsageError: naming the engine and what to do.
    """
    _found(dataset, settings.engine)


@contextmanager
def made_beforehand(dataset: Dataset, settings: RunSettings, parts: Sequence[Part]) -> Iterator[MadeFrom]:
    """Yield what to make parts from, once an engine has made the rows that it makes before.

    Args:
        dataset: what is asked for.
        settings: which engine, and how many threads it may have.
        parts: what is to be made.

    Raises:
        UsageError: if the engine is none of the domain's, or cannot run here.
        RowmillError: if it fails.
    """
    family = _found(dataset, settings.engine)
    timed = [part for part in parts if dataset.tables[part.table].timed]
    if family is None or not timed:
        yield MadeFrom(dataset)
        return
    windows = range(min(part.window_start for part in timed), max(part.window_stop for part in timed))
    with scratch_folder() as folder:
        place = Workplace(folder, settings.workers or usable_cores())
        made = family.make_beforehand(dataset, settings.engine, windows, place)
        yield MadeFrom(family.with_rows(dataset, made.location), made.location, made.cost)


def _found(dataset: Dataset, engine: str) -> MakesBeforehand | None:
    """Return the domain whose other engine is asked for; None where it is the domain's own."""
    if engine == OWN:
        return None
    family = domain(dataset.domain)
    if not isinstance(family, MakesBeforehand):
        raise UsageError(f"run.engine: got {engine!r}; {dataset.domain} has {OWN} alone, leave --engine out")
    if engine not in family.other_engines:
        raise UsageError(f"run.engine: got {engine!r}; {nearest(engine, (OWN, *family.other_engines))}")
    family.require(engine)
    return family
