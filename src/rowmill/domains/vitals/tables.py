"""The tables of a vitals dataset: readings, subjects, their SDTM forms, and the truth that made them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowmill.core.kept import Kept
from rowmill.domains.vitals.attendance import visits_attended
from rowmill.domains.vitals.block import Block
from rowmill.domains.vitals.columns import SUBJECTS_COLUMNS, VITALS_COLUMNS, rows
from rowmill.domains.vitals.donors import Donors
from rowmill.domains.vitals.fields import SUBJECTS, TRUTH, VITALS_TABLE, with_values
from rowmill.domains.vitals.model import MAX_VISITS, VITALS
from rowmill.domains.vitals.people import sites, subject_ids, subject_numbers, unique_ids
from rowmill.domains.vitals.plan import Trial
from rowmill.domains.vitals.sdtm import DM_COLUMNS, VS_COLUMNS, Demographics, LongRows
from rowmill.domains.vitals.sdtm_fields import DM, VS, with_terms
from rowmill.domains.vitals.sdtm_terms import TESTS, TrialTerms
from rowmill.domains.vitals.truth import TRUTH_COLUMNS, truth_rows
from rowmill.draw.arrays import Ints
from rowmill.model.column_table import ByEntity, ColumnTable, Counts, Given, OneTile
from rowmill.model.columns import ColumnSet
from rowmill.model.frame import Cells
from rowmill.model.schema import Schema

DEFAULT_TABLES = ("vitals", "subjects", "truth")
"""Tables that are written unless others are asked for."""
_ROWS_OF_TRUTH = 200
_BLOCKS_KEPT = 2


class KeptBlocks:
    """Blocks of a trial, made when first asked for; the last two are kept, for every table reads from them."""

    def __init__(self, trial: Trial, donors: Donors | None) -> None:
        self.trial, self.donors, self.terms = trial, donors, TrialTerms(trial)
        self._blocks: Kept[int, Block] = Kept(_BLOCKS_KEPT)

    def block(self, number: int) -> Block:
        """Return a block of subjects."""
        return self._blocks.get(number, partial(Block, self.trial, self.donors))


_RESULTS = frozenset({"VSORRES", "VSSTRESC", "VSSTRESN"})
Maker = Callable[[Block, TrialTerms, frozenset[str]], Given]
"""What a table's columns are given, from (block, terms, names that are needed).

A run reports how many readings a limit moved where any are made.
"""


def _vitals(block: Block, terms: TrialTerms, names: frozenset[str]) -> Given:  # noqa: ARG001 - the same call for every table
    def identity() -> Ints:
        grid = (block.subject[:, None] * MAX_VISITS + np.arange(len(block.trial.visits))).ravel()
        there = rows(block)
        return grid if there is None else grid[there]

    return Given(0, {"block": block}, identity, block.counts if names & set(VITALS) else {})


def _vs(block: Block, terms: TrialTerms, names: frozenset[str]) -> Given:
    long = LongRows(block, terms)

    def identity() -> Ints:
        return (block.subject[long.subject] * MAX_VISITS + long.visit) * len(TESTS) + long.test

    return Given(0, {"rows": long}, identity, {"adjusted": long.adjusted} if names & _RESULTS else {})


def _subjects(block: Block, terms: TrialTerms, names: frozenset[str]) -> Given:  # noqa: ARG001
    return Given(0, {"block": block}, lambda: block.subject)


def _dm(block: Block, terms: TrialTerms, names: frozenset[str]) -> Given:  # noqa: ARG001
    return Given(0, {"rows": Demographics(block, terms)}, lambda: block.subject)


@dataclass(frozen=True, slots=True)
class Form:
    """What one table of subjects is made of."""

    schema: Schema
    columns: ColumnSet
    given: Maker
    rows_each: int
    """Rows of a subject and visit at most; 0 where a subject has one row."""


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "vitals": Form(VITALS_TABLE, VITALS_COLUMNS, _vitals, 1),
        "vs": Form(VS, VS_COLUMNS, _vs, len(TESTS)),
        "subjects": Form(SUBJECTS, SUBJECTS_COLUMNS, _subjects, 0),
        "dm": Form(DM, DM_COLUMNS, _dm, 0),
    }
)


def tables_of(kept: KeptBlocks) -> dict[str, ColumnTable]:
    """Return all tables by name, the main one first."""
    return {name: _table(kept, name, form) for name, form in FORMS.items()} | {"truth": _truth(kept)}


def _table(kept: KeptBlocks, name: str, form: Form) -> ColumnTable:
    """Return a table of subjects: blocks of them, one window that holds the whole schedule of visits."""
    trial, sdtm = kept.trial, "USUBJID" in form.schema.names

    def given(block: int, windows: range, names: frozenset[str]) -> Iterator[Given]:  # noqa: ARG001
        yield form.given(kept.block(block), kept.terms, names)

    return ColumnTable(
        with_terms(form.schema, kept.terms) if sdtm else with_values(form.schema, trial),
        form.columns,
        trial.blocks.count,
        _counts(trial, name, form),
        ByEntity("USUBJID", partial(_blocks_of, trial, trial.spec.study))
        if sdtm
        else ByEntity("SubjectID", partial(_blocks_of, trial, None)),
        given,
        trial.key.child(name),
    )


def _counts(trial: Trial, name: str, form: Form) -> Counts:
    """Return the rows of blocks; only making tells those of ``vs``, which has none of what was not measured."""

    def most(block: int, window: int) -> int:  # noqa: ARG001
        return len(trial.blocks.range(block)) * (len(trial.visits) * form.rows_each or 1)

    if name == "vs":
        return Counts.about(most)
    return Counts(lambda block, _: visits_attended(trial, block), most) if name == "vitals" else Counts.exact(most)


def _blocks_of(trial: Trial, study: str | None, cells: Cells) -> Ints:
    """Return the block of each subject, named within a study or by SubjectID; −1 where the trial has no such one."""
    if cells.dictionary is None:
        return np.full(len(cells), -1)
    codes = cells.values.astype(np.int64)
    used = np.zeros(len(cells.dictionary), np.bool_)
    used[codes] = True
    ids = cells.dictionary.values.filter(pa.array(used))
    number = subject_numbers(ids)
    block = trial.blocks.of(number)
    named = np.where(block < 0, 0, number)
    there = subject_ids(sites(trial, named), named)
    if study is not None:
        there = unique_ids(study, there)
    known = pc.fill_null(pc.equal(ids, there), fill_value=False).to_numpy(zero_copy_only=False)
    blocks = np.full(len(used), -1)
    blocks[used] = np.where(known, block, -1)
    return blocks[codes]


def _truth(kept: KeptBlocks) -> ColumnTable:
    """Return the table of every parameter that made the data: one tile."""

    def given(block: int, windows: range, names: frozenset[str]) -> Iterator[Given]:  # noqa: ARG001
        trial, donors = kept.trial, kept.donors
        yield Given(0, {"trial": trial, "donors": donors}, lambda: np.arange(len(truth_rows(trial, donors))))

    return ColumnTable(
        with_values(TRUTH, kept.trial),
        TRUTH_COLUMNS,
        1,
        Counts.about(lambda _block, _window: _ROWS_OF_TRUTH),
        OneTile("Parameter"),
        given,
        kept.trial.key.child("truth"),
    )
