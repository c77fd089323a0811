"""The tables of a vitals dataset: readings, subjects, their SDTM forms, and the truth that made them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowmill.core.errors import SpecError
from rowmill.domains.vitals.attendance import visits_attended
from rowmill.domains.vitals.block import Block
from rowmill.domains.vitals.columns import SUBJECTS_COLUMNS, VITALS_COLUMNS, rows
from rowmill.domains.vitals.donors import Donors
from rowmill.domains.vitals.fields import SUBJECTS, TRUTH, VITALS_TABLE, with_values
from rowmill.domains.vitals.model import MAX_VISITS, VITALS
from rowmill.domains.vitals.people import sites, subject_ids, subject_numbers, unique_ids
from rowmill.domains.vitals.plan import SUBJECTS_PER_BLOCK, Trial
from rowmill.domains.vitals.sdtm import DM_COLUMNS, VS_COLUMNS, Demographics, LongRows
from rowmill.domains.vitals.sdtm_fields import DM, VS, with_terms
from rowmill.domains.vitals.sdtm_terms import TESTS, Terms
from rowmill.domains.vitals.truth import truth_rows
from rowmill.draw.arrays import Ints
from rowmill.model.columns import ColumnSet
from rowmill.model.frame import Frame
from rowmill.model.schema import Schema
from rowmill.model.spec import nearest
from rowmill.model.table import Tile


class Blocks:
    """Blocks of a trial, made when first asked for; the last two are kept, for every table reads from them."""

    def __init__(self, trial: Trial, donors: Donors | None) -> None:
        self.trial, self.donors, self.terms = trial, donors, Terms(trial)
        self.block = lru_cache(maxsize=2)(self._block)

    def _block(self, number: int) -> Block:
        return Block(self.trial, self.donors, number)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one table in one block, before a column of them is made."""

    inputs: Mapping[str, Any]
    """What the columns' functions are given."""
    identity: Callable[[], Ints]
    """What the words of a column that a user adds are keyed by, int64[rows]."""
    counts: Callable[[], dict[str, int]]
    """What a run reports of the rows whose measurements are made."""


def _vitals(block: Block, terms: Terms) -> Rows:  # noqa: ARG001 - the same call for every table
    def identity() -> Ints:
        grid = (block.subject[:, None] * MAX_VISITS + np.arange(len(block.trial.visits))).ravel()
        there = rows(block)
        return grid if there is None else grid[there]

    return Rows({"block": block}, identity, lambda: block.counts)


def _subjects(block: Block, terms: Terms) -> Rows:  # noqa: ARG001
    return Rows({"block": block}, lambda: block.subject, dict)


def _vs(block: Block, terms: Terms) -> Rows:
    long = LongRows(block, terms)

    def identity() -> Ints:
        return (block.subject[long.subject] * MAX_VISITS + long.visit) * len(TESTS) + long.test

    return Rows({"rows": long}, identity, lambda: {"adjusted": long.adjusted})


def _dm(block: Block, terms: Terms) -> Rows:
    return Rows({"rows": Demographics(block, terms)}, lambda: block.subject, dict)


@dataclass(frozen=True, slots=True)
class Form:
    """What one table of subjects is made of."""

    schema: Schema
    columns: ColumnSet
    rows: Callable[[Block, Terms], Rows]
    measured: frozenset[str] = frozenset()
    """Columns of measurements, of which a run reports how many a limit moved."""


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "vitals": Form(VITALS_TABLE, VITALS_COLUMNS, _vitals, frozenset(VITALS)),
        "vs": Form(VS, VS_COLUMNS, _vs, frozenset({"VSORRES", "VSSTRESC", "VSSTRESN"})),
        "subjects": Form(SUBJECTS, SUBJECTS_COLUMNS, _subjects),
        "dm": Form(DM, DM_COLUMNS, _dm),
    }
)
DEFAULT_TABLES = ("vitals", "subjects", "truth")
"""Tables that are written unless others are asked for."""


@dataclass(frozen=True)
class SubjectTable:
    """One table of subjects: blocks of them, one window that holds the whole schedule of visits."""

    blocks_of: Blocks
    name: str
    columns: ColumnSet
    timed: bool = False

    @property
    def schema(self) -> Schema:
        """Return the fields, and a user's own after them."""
        schema = self.columns.schema(FORMS[self.name].schema)
        if self._sdtm:
            return with_terms(schema, self.blocks_of.terms)
        return with_values(schema, self.blocks_of.trial)

    @property
    def _sdtm(self) -> bool:
        return "USUBJID" in self.columns.fields

    @property
    def blocks(self) -> int:
        """Return the number of blocks."""
        return self.blocks_of.trial.blocks

    def weight(self, block: int, window: int) -> int:  # noqa: ARG002 - the same call for every table
        """Return about how many rows a block has."""
        trial = self.blocks_of.trial
        subjects = min(SUBJECTS_PER_BLOCK, trial.spec.subjects - block * SUBJECTS_PER_BLOCK)
        return subjects * {"vitals": len(trial.visits), "vs": len(trial.visits) * len(TESTS)}.get(self.name, 1)

    def rows(self, block: int, window: int) -> int | None:  # noqa: ARG002
        """Return the exact rows of a block; None of ``vs``, which has no rows of what was not measured."""
        trial = self.blocks_of.trial
        if self.name == "vs":
            return None
        return visits_attended(trial, block) if self.name == "vitals" else len(trial.subjects(block))

    def tiles(self, block: int, windows: range, columns: Sequence[str] | None = None) -> Iterator[Tile]:
        """Yield the block's only tile."""
        names = _ordered(self.schema, columns)
        if 0 not in windows:
            return
        form, own = FORMS[self.name], self.blocks_of.block(block)
        made = form.rows(own, self.blocks_of.terms)
        key = self.blocks_of.trial.key.child(self.name)
        added = any(name not in form.schema.names for name in names)
        identity = made.identity() if added else np.zeros(0, np.int64)
        frame = self.columns.compute(names, made.inputs, key, identity)
        yield Tile(block, 0, frame, made.counts() if form.measured & set(names) else {})

    @property
    def locators(self) -> tuple[str, ...]:
        """Return the column that tells a row's block."""
        return ("USUBJID",) if self._sdtm else ("SubjectID",)

    def locate(self, frame: Frame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (block, 0) of each row; block −1 where the trial has no such subject."""
        cells, trial = frame[self.locators[0]], self.blocks_of.trial
        if cells.dictionary is None:
            nowhere = np.full(len(cells), -1)
            return nowhere, nowhere + 1
        ids = cells.dictionary.values
        number = subject_numbers(ids)
        number[number >= trial.spec.subjects] = -1
        named = np.maximum(number, 0)
        there = subject_ids(sites(trial, named), named)
        if self._sdtm:
            there = unique_ids(trial.spec.study, there)
        known = (number >= 0) & np.equal(ids.to_numpy(zero_copy_only=False), there.to_numpy(zero_copy_only=False))
        block = np.where(known, number // SUBJECTS_PER_BLOCK, -1)[cells.values.astype(np.int64)]
        return block, np.zeros(len(cells), np.int64)

    def lineage(self) -> dict[str, tuple[str, ...]]:
        """Return what each column needs, in the order of computation."""
        return self.columns.lineage()


@dataclass(frozen=True)
class TruthTable:
    """Every parameter that made the data: one tile."""

    blocks_of: Blocks
    name: str = "truth"
    timed: bool = False
    blocks: int = 1

    @property
    def schema(self) -> Schema:
        """Return the fields."""
        return with_values(TRUTH, self.blocks_of.trial)

    def weight(self, block: int, window: int) -> int:  # noqa: ARG002
        """Return about how many rows there are."""
        return 200

    def tiles(self, block: int, windows: range, columns: Sequence[str] | None = None) -> Iterator[Tile]:
        """Yield the only tile."""
        names = _ordered(self.schema, columns)
        if 0 in windows:
            frame = truth_rows(self.blocks_of.trial, self.blocks_of.donors)
            yield Tile(block, 0, {name: frame[name] for name in names})

    @property
    def locators(self) -> tuple[str, ...]:
        """Return the column that a row begins with: all rows belong to one tile."""
        return ("Parameter",)

    def locate(self, frame: Frame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (0, 0) of each row."""
        place = np.zeros(len(frame["Parameter"]), np.int64)
        return place, place


def tables_of(blocks: Blocks) -> dict[str, SubjectTable | TruthTable]:
    """Return all tables by name, the main one first."""
    found: dict[str, SubjectTable | TruthTable] = {
        name: SubjectTable(blocks, name, form.columns) for name, form in FORMS.items()
    }
    return found | {"truth": TruthTable(blocks)}


def _ordered(schema: Schema, columns: Sequence[str] | None) -> tuple[str, ...]:
    """Return columns in the schema's order; None stands for all."""
    for name in columns or ():
        if name not in schema.names:
            raise SpecError(f"column {name!r} of {schema.name}: unknown; {nearest(name, schema.names)}")
    return schema.names if columns is None else tuple(name for name in schema.names if name in columns)
