"""The columns of ``vitals`` and ``subjects``, one function a column; their fields stand in ``fields``."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.vitals.block import Block
from rowmill.domains.vitals.fields import SUBJECTS, VITALS_TABLE
from rowmill.domains.vitals.people import ages, women
from rowmill.draw.arrays import Flags, Ints
from rowmill.model.columns import Column, columns_of
from rowmill.model.frame import Cells, Dictionary


def rows(block: Block) -> Flags | None:
    """Which subjects were still there at which visits, bool[subjects × visits]; None where nobody left."""
    if block.everyone_stays:
        return None
    return (np.arange(len(block.trial.visits)) < block.attended[:, None]).ravel()


def subject(block: Block, rows: Flags | None) -> NDArray[np.int32]:
    """Place of each row's subject in the block."""
    everyone = np.repeat(np.arange(len(block.subject), dtype=np.int32), len(block.trial.visits))
    return everyone if rows is None else everyone[rows]


def missing(block: Block, rows: Flags | None) -> Flags | None:
    """Which rows are visits that were missed; None where none is."""
    if not block.missed.any():
        return None
    return block.missed.ravel() if rows is None else block.missed.ravel()[rows]


def _subject_id(block: Block, subject: NDArray[np.int32]) -> Cells:
    return Cells(subject, None, block.identifiers)


def _visit_name(block: Block, rows: Flags | None) -> Cells:
    visit = np.tile(np.arange(len(block.trial.visits), dtype=np.int16), len(block.subject))
    return Cells(visit if rows is None else visit[rows], None, Dictionary(block.trial.visits))


def _treatment_arm(block: Block, subject: NDArray[np.int32]) -> Cells:
    return Cells(block.arm.astype(np.int16)[subject], None, Dictionary(block.trial.spec.arms))


def _measured(block: Block, vital: int, rows: Flags | None) -> Ints:
    grid = np.stack([visit[vital] for visit in block.readings.values], axis=1).ravel()
    return grid if rows is None else grid[rows]


def _systolic(block: Block, rows: Flags | None, missing: Flags | None) -> Cells:
    return Cells(_measured(block, 0, rows).astype(np.int16), missing)


def _diastolic(block: Block, rows: Flags | None, missing: Flags | None) -> Cells:
    return Cells(_measured(block, 1, rows).astype(np.int16), missing)


def _heart_rate(block: Block, rows: Flags | None, missing: Flags | None) -> Cells:
    return Cells(_measured(block, 2, rows).astype(np.int16), missing)


def _temperature(block: Block, rows: Flags | None, missing: Flags | None) -> Cells:
    return Cells(_measured(block, 3, rows) / 100.0, missing)


VITALS_COLUMNS: Final = columns_of(
    VITALS_TABLE,
    ["block"],
    {
        "SubjectID": _subject_id,
        "VisitName": _visit_name,
        "TreatmentArm": _treatment_arm,
        "SystolicBP": _systolic,
        "DiastolicBP": _diastolic,
        "HeartRate": _heart_rate,
        "Temperature": _temperature,
    },
    [Column.step(step) for step in (rows, subject, missing)],
)

SUBJECTS_COLUMNS: Final = columns_of(
    SUBJECTS,
    ["block"],
    {
        "SubjectID": lambda block: Cells(np.arange(len(block.subject), dtype=np.int32), None, block.identifiers),
        "Age": lambda block: Cells(ages(block.trial, block.subject).astype(np.int16)),
        "Sex": lambda block: Cells(
            np.where(women(block.trial, block.subject), np.int8(0), np.int8(1)), None, Dictionary(["F", "M"])
        ),
        "SiteID": lambda block: Cells((block.site + 1).astype(np.int16)),
        "TreatmentArm": lambda block: Cells(block.arm.astype(np.int16), None, Dictionary(block.trial.spec.arms)),
        "LastVisit": lambda block: Cells(
            np.maximum(block.attended - 1, 0).astype(np.int16), None, Dictionary(block.trial.visits)
        ),
        "DroppedOut": lambda block: Cells(block.attended < len(block.trial.visits)),
    },
)
