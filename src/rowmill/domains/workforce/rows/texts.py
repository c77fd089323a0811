"""The dictionaries behind the text columns: those of the whole dataset, and those of a block's people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowmill.domains.workforce.census.arrays import PERFORMANCE
from rowmill.domains.workforce.parameters.integers import Parameters
from rowmill.domains.workforce.parameters.settings import REASONS
from rowmill.domains.workforce.rows.fields import CATEGORIES, DETAILS, EVENT_TYPES, FLAGS, STATUS
from rowmill.domains.workforce.year.people import RATE_SOURCES, SOURCES
from rowmill.draw.arrays import Ints
from rowmill.model.frame import Cells, Dictionary

_PER_AREA, _PER_GROUP = 49 * 9_999, 9_999


class Texts:
    """Dictionaries that every tile of one scenario shares."""

    def __init__(self, p: Parameters, departments: Sequence[str]) -> None:
        self.constants = {
            "scenario_id": Dictionary([p.run.scenario_id]),
            "plan_design_id": Dictionary([p.run.plan_design_id]),
            "parameter_scenario_id": Dictionary([p.run.scenario_id]),
            "parameter_source": Dictionary([p.run.parameter_source]),
        }
        self.event_type = Dictionary(EVENT_TYPES)
        self.category = Dictionary(CATEGORIES)
        self.details = Dictionary((*DETAILS, *p.level_names))
        self.flag = Dictionary(FLAGS)
        self.status = Dictionary(STATUS)
        self.employment = Dictionary(("active", "terminated"))
        self.source = Dictionary(SOURCES)
        self.rate_source = Dictionary(RATE_SOURCES)
        self.reason = Dictionary(REASONS)
        self.tier = Dictionary(PERFORMANCE)
        self.department = Dictionary(departments)
        self.age_band = Dictionary(p.age_labels)
        self.tenure_band = Dictionary(p.tenure_labels)

    def constant(self, name: str, rows: int) -> Cells:
        """Return a column that has one value in every row."""
        return Cells(np.zeros(rows, np.int8), None, self.constants[name])


@dataclass(frozen=True, slots=True)
class PeopleTexts:
    """Texts of a block's people, by their code."""

    employee_id: Dictionary
    employee_ssn: Dictionary

    def followed_by(self, ids: NDArray[np.bytes_], numbers: Ints) -> PeopleTexts:
        """Return these with more people behind."""
        if not len(ids):
            return self
        return PeopleTexts(
            Dictionary.joined(self.employee_id, fixed_texts(ids)),
            Dictionary.joined(self.employee_ssn, ssn_texts(numbers)),
        )


def hire_ids(year: int, first: int, count: int) -> NDArray[np.bytes_]:
    """Return the ids of a year's hires ``first`` … first + count − 1, counted from 1: six digits, or more if needed."""
    pieces = [np.zeros(0, "S1")]
    stop = first + count
    while first < stop:
        width = max(6, len(str(first)))
        upto = min(stop, 10**width)
        pieces.append(_numbered(f"NH_{year}_".encode(), width, np.arange(first, upto, dtype=np.uint32)))
        first = upto
    return np.concatenate(pieces)


def _numbered(prefix: bytes, width: int, numbers: NDArray[np.uint32]) -> NDArray[np.bytes_]:
    """Return texts of a prefix and numbers with leading zeros."""
    start = len(prefix)
    text = np.empty((len(numbers), start + width), np.uint8)
    text[:, :start] = np.frombuffer(prefix, np.uint8)
    for place in range(width):
        text[:, start + width - 1 - place] = 48 + numbers // 10**place % 10
    return text.view(f"S{start + width}").ravel()


def fixed_texts(texts: NDArray[np.bytes_]) -> pa.Array:
    """Return UTF-8 texts of a NumPy array of bytes as Arrow."""
    lengths = np.char.str_len(texts)
    offsets = np.zeros(len(texts) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    width = texts.dtype.itemsize
    cells = np.ascontiguousarray(texts).view(np.uint8).reshape(len(texts), width)
    raw = cells if int(offsets[-1]) == cells.size else cells[np.arange(width) < lengths[:, None]]
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(raw)))


def ssn_texts(numbers: Ints) -> pa.Array:
    """Return a text in the shape of an SSN, never issued as one nor as an ITIN, for each employee number."""
    k = (numbers - 1).astype(np.uint32)
    area, group, serial = 900 + k // _PER_AREA, 1 + k // _PER_GROUP % 49, 1 + k % _PER_GROUP
    digits = np.empty((len(k), 11), np.uint8)
    for place, value in ((2, area), (5, group), (10, serial)):
        for offset in range({2: 3, 5: 2, 10: 4}[place]):
            digits[:, place - offset] = 48 + value // 10**offset % 10
    digits[:, (3, 6)] = ord("-")
    offsets = np.arange(len(k) + 1, dtype=np.int32) * 11
    return pa.StringArray.from_buffers(len(k), pa.py_buffer(offsets), pa.py_buffer(digits))
