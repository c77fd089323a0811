"""The tables of a vitals dataset: readings, subjects and the truth that made them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowmill.core.errors import SpecError
from rowmill.domains.vitals.block import Readings, ages, as_float, readings, women
from rowmill.domains.vitals.donors import Donors
from rowmill.domains.vitals.fields import SUBJECTS, TRUTH, VITALS_TABLE, with_domains
from rowmill.domains.vitals.plan import SUBJECTS_PER_BLOCK, Trial
from rowmill.domains.vitals.sdtm import LongRows, dm_frame, unique_subjects, vs_frame
from rowmill.domains.vitals.sdtm_fields import DM, VS, with_terms
from rowmill.domains.vitals.sdtm_terms import TESTS, Terms
from rowmill.domains.vitals.truth import truth_rows
from rowmill.draw.arrays import Ints
from rowmill.model.frame import Cells, Dictionary, Frame
from rowmill.model.schema import Schema
from rowmill.model.spec import nearest
from rowmill.model.table import Tile

_NUMBER_DIGITS = 9
_FOUR = pa.array([f"{n:04d}" for n in range(10_000)])
_FIVE = pa.array([f"{n:05d}" for n in range(100_000)])


class Blocks:
    """Blocks of a trial, made when first asked for; the last few are kept, for every table reads from them."""

    def __init__(self, trial: Trial, donors: Donors | None) -> None:
        self.trial, self.donors, self.terms = trial, donors, Terms(trial)
        self.readings = lru_cache(maxsize=2)(self._readings)
        self.identifiers = lru_cache(maxsize=2)(self._identifiers)
        self.unique_subjects = lru_cache(maxsize=2)(self._unique_subjects)

    def _readings(self, block: int) -> Readings:
        return readings(self.trial, self.donors, block)

    def _identifiers(self, block: int) -> Dictionary:
        made = self.readings(block)
        return Dictionary(subject_ids(made.site, made.subject))

    def _unique_subjects(self, block: int) -> Dictionary:
        return unique_subjects(self.terms, self.identifiers(block))


def subject_ids(site: Ints, subject: Ints) -> pa.Array:
    """Return subject identifiers: RM, the site in four digits, a dash, the subject's number from 1 in nine."""
    number = subject + 1
    high, low = number // 100_000, number % 100_000
    return pc.binary_join_element_wise(
        pc.binary_join_element_wise("RM", _FOUR.take(pa.array(site + 1)), ""),
        pc.binary_join_element_wise(_FOUR.take(pa.array(high)), _FIVE.take(pa.array(low)), ""),
        "-",
    )


def subject_numbers(ids: pa.Array) -> Ints:
    """Return the subjects' numbers from 0 that identifiers name."""
    tail = pc.utf8_slice_codeunits(ids, start=-_NUMBER_DIGITS)
    numbers: NDArray[np.int64] = pc.cast(tail, pa.int64()).to_numpy(zero_copy_only=False)
    return numbers - 1


@dataclass(frozen=True)
class VitalsTable:
    """One table of the trial: blocks of subjects, one window that holds the whole schedule of visits."""

    blocks_of: Blocks
    name: str
    timed: bool = False

    @property
    def schema(self) -> Schema:
        """Return the fields."""
        if self.name in _SDTM:
            return with_terms(_SDTM[self.name], self.blocks_of.terms)
        return with_domains(_WIDE[self.name], self.blocks_of.trial)

    @property
    def blocks(self) -> int:
        """Return the number of blocks; the truth is one."""
        return 1 if self.name == "truth" else self.blocks_of.trial.blocks

    def weight(self, block: int, window: int) -> int:  # noqa: ARG002 - the same call for every table
        """Return about how many rows a block has."""
        trial = self.blocks_of.trial
        if self.name == "truth":
            return 200
        subjects = min(SUBJECTS_PER_BLOCK, trial.spec.subjects - block * SUBJECTS_PER_BLOCK)
        return subjects * {"vitals": len(trial.visits), "vs": len(trial.visits) * len(TESTS)}.get(self.name, 1)

    def tiles(self, block: int, windows: range, columns: Sequence[str] | None = None) -> Iterator[Tile]:
        """Yield the block's only tile."""
        known = self.schema.names
        for name in columns or ():
            if name not in known:
                raise SpecError(f"column {name!r} of {self.name}: unknown; {nearest(name, known)}")
        if 0 not in windows:
            return
        names = known if columns is None else tuple(name for name in known if name in columns)
        frame, counts = _MAKERS[self.name](self.blocks_of, block, names)
        yield Tile(block, 0, {name: frame[name] for name in names}, counts)

    @property
    def locators(self) -> tuple[str, ...]:
        """Return the columns that tell a row's block."""
        return ("Parameter",) if self.name == "truth" else ("USUBJID",) if self.name in _SDTM else ("SubjectID",)

    def locate(self, frame: Frame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (block, 0) of each row."""
        cells = frame[self.locators[0]]
        if self.name == "truth" or cells.dictionary is None:
            block = np.zeros(len(cells), np.int64)
        else:
            block = (subject_numbers(cells.dictionary.values) // SUBJECTS_PER_BLOCK)[cells.values.astype(np.int64)]
        return block, np.zeros(len(cells), np.int64)


Made = tuple[dict[str, Cells], dict[str, int]]
"""Columns of a tile, and what is counted of its rows."""


def _vitals(blocks: Blocks, block: int, names: Sequence[str]) -> Made:  # noqa: ARG001 - one call for every table
    trial, made = blocks.trial, blocks.readings(block)
    visits, subjects = len(trial.visits), len(made.subject)
    everyone = np.repeat(np.arange(subjects, dtype=np.int32), visits)
    visit = np.tile(np.arange(visits, dtype=np.int16), subjects)
    columns = [np.stack([made.values[v][j] for v in range(visits)], axis=1).ravel() for j in range(4)]
    nulls = made.missed.ravel() if made.missed.any() else None
    frame = {
        "SubjectID": Cells(everyone, None, blocks.identifiers(block)),
        "VisitName": Cells(visit, None, Dictionary(trial.visits)),
        "TreatmentArm": Cells(made.arm.astype(np.int16)[everyone], None, Dictionary(trial.spec.arms)),
        "SystolicBP": Cells(columns[0].astype(np.int16), nulls),
        "DiastolicBP": Cells(columns[1].astype(np.int16), nulls),
        "HeartRate": Cells(columns[2].astype(np.int16), nulls),
        "Temperature": Cells(as_float(columns[3]), nulls),
    }
    if (made.attended < visits).any():
        there = visit < made.attended[everyone]
        frame = {name: cells.take(there) for name, cells in frame.items()}
    return frame, _counts(made)


def _counts(made: Readings) -> dict[str, int]:
    """Return how many visits in the table have a value that a limit moved, and how many are a donor's own."""
    seen = ~made.missed
    seen &= np.arange(seen.shape[1]) < made.attended[:, None]
    moved = np.stack([np.logical_or.reduce(visit) for visit in made.adjusted], axis=1)
    counts = {"adjusted": int(np.count_nonzero(moved & seen))}
    return counts if made.copied is None else counts | {"copied": int(np.count_nonzero(made.copied & seen))}


def _subjects(blocks: Blocks, block: int, names: Sequence[str]) -> Made:  # noqa: ARG001
    trial, made = blocks.trial, blocks.readings(block)
    stayed = made.attended >= len(trial.visits)
    last = np.maximum(made.attended - 1, 0)
    frame = {
        "SubjectID": Cells(np.arange(len(made.subject), dtype=np.int32), None, blocks.identifiers(block)),
        "Age": Cells(ages(trial, made.subject).astype(np.int16)),
        "Sex": Cells(np.where(women(trial, made.subject), np.int8(0), np.int8(1)), None, Dictionary(["F", "M"])),
        "SiteID": Cells((made.site + 1).astype(np.int16)),
        "TreatmentArm": Cells(made.arm.astype(np.int16), None, Dictionary(trial.spec.arms)),
        "LastVisit": Cells(last.astype(np.int16), None, Dictionary(trial.visits)),
        "DroppedOut": Cells(~stayed),
    }
    return frame, {}


def _truth(blocks: Blocks, block: int, names: Sequence[str]) -> Made:  # noqa: ARG001
    return truth_rows(blocks.trial, blocks.donors), {}


def _vs(blocks: Blocks, block: int, names: Sequence[str]) -> Made:
    rows = LongRows(blocks.trial, blocks.terms, blocks.readings(block), blocks.unique_subjects(block))
    return vs_frame(rows, names), {"adjusted": rows.adjusted}


def _dm(blocks: Blocks, block: int, names: Sequence[str]) -> Made:  # noqa: ARG001
    ids = blocks.identifiers(block), blocks.unique_subjects(block)
    return dm_frame(blocks.trial, blocks.terms, blocks.readings(block), ids), {}


_WIDE = MappingProxyType({"vitals": VITALS_TABLE, "subjects": SUBJECTS, "truth": TRUTH})
_SDTM = MappingProxyType({"vs": VS, "dm": DM})
_MAKERS = MappingProxyType({"vitals": _vitals, "vs": _vs, "subjects": _subjects, "dm": _dm, "truth": _truth})
TABLES, DEFAULT_TABLES = tuple(_MAKERS), tuple(_WIDE)
"""Names of all tables, and of those that are written unless others are asked for."""
