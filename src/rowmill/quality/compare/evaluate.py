"""Comparing a synthetic table with the real one: what a command and a library call do."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any, Final

import numpy as np

from rowmill.core.errors import UsageError
from rowmill.core.keys import Key
from rowmill.quality.compare import attacks, copies, discriminator, learners, privacy, utility
from rowmill.quality.compare.asking import Inquiry, assumed, check, known
from rowmill.quality.compare.columns import COLUMN_METRICS, numbers, strange_categories
from rowmill.quality.compare.effect import effect_answer
from rowmill.quality.compare.encoding import Encoded, encode
from rowmill.quality.compare.ground import Ground, Metric, grounds, measured
from rowmill.quality.compare.longitudinal import LONGITUDINAL_METRICS
from rowmill.quality.compare.missingness import NULL_METRICS
from rowmill.quality.compare.pairs import MOST_COLUMNS, PAIR_METRICS, strongest
from rowmill.quality.compare.sampling import Drawn, draw
from rowmill.quality.compare.scores import Answer
from rowmill.quality.compare.sequences import SEQUENCE_METRICS
from rowmill.quality.compare.verdicts import Verdict, judged
from rowmill.quality.sources.finding import source
from rowmill.quality.sources.source import Source, SourceTable

Path = str | PathLike[str]

QUESTIONS: Final[Mapping[str, tuple[str, tuple[Metric, ...]]]] = {
    "columns": ("Is each column right by itself?", COLUMN_METRICS),
    "pairs": ("Do columns depend on one another as in the real table?", PAIR_METRICS),
    "nulls": ("Is as much missing, and together?", NULL_METRICS),
    "over time": ("Do entities go through time as the real ones do?", LONGITUDINAL_METRICS),
    "treatment effect": ("Does the treatment have the same effect?", ()),
    "order": ("Does it happen as often, at such gaps, in such an order?", SEQUENCE_METRICS),
}
"""Chapters of fidelity, with their questions and metrics; effects have a test of their own."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the tables that are compared."""

    name: str
    """``real``, ``synthetic`` or ``hold-out``."""
    path: str
    table: str
    rows: int
    """Of the whole table, without those whose key is null."""
    sampled: int
    entities: int
    """In the sample."""
    compared: int = 0
    """Entities whose rows have scores: as many on each side, so that ceiling and floor are of the same size."""
    keyless: int = 0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a comparison found."""

    verdict: Verdict
    sides: tuple[Side, ...]
    inquiry: Inquiry
    fidelity: tuple[Answer, ...]
    privacy: tuple[Answer, ...]
    utility: tuple[Answer, ...]
    left_out: Mapping[str, str]
    """Columns that were not compared, with the reason."""
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain data, the verdict first."""
        asked = self.inquiry
        return {
            "verdict": self.verdict.to_json(),
            "tables": [
                {"name": s.name, "path": s.path, "table": s.table, "rows": s.rows, "sampled_rows": s.sampled,
                 "entities": s.entities, "compared_entities": s.compared, "rows_without_key": s.keyless}
                for s in self.sides
            ],
            "key": asked.key, "time": asked.time, "arm": asked.arm, "target": asked.target, "quasi": list(asked.quasi),
            "seed": asked.seed, "sample": asked.rows, "resamples": asked.resamples,
            "fidelity": [each.to_json() for each in self.fidelity],
            "privacy": [each.to_json() for each in self.privacy],
            "utility": [each.to_json() for each in self.utility],
            "left_out": dict(self.left_out), "notes": list(self.notes),
        }  # fmt: skip


def evaluate(
    real: Path,
    synthetic: Path,
    inquiry: Inquiry | None = None,
    *,
    holdout: Path | None = None,
    table: str | None = None,
) -> Evaluation:
    """Compare a synthetic table with a real one: fidelity, privacy, utility, each beside what real rows score.

    Args:
        real: where the real table lies that the synthesizer was given: a destination of ours, Parquet, CSV, DuckDB or
            PostgreSQL.
        synthetic: where the synthetic one lies.
        inquiry: which columns tell entity, time, arm and target; how large samples are; the seed.
        holdout: real rows that the synthesizer was not given. Without them half of the real table is held against the
            other half, and attacks that need people who were not in it are left out.
        table: its name, where there are several; the first one of each path if it is None.

    Raises:
        UsageError: if a path holds no table, a column is not there, nothing can be compared, or rows are too few.
        IntegrityError: if a file is damaged.
    """
    # Values at the edge of what numbers can hold make sums that are none; scores of them are said to be unknown.
    with learners.one_thread(), np.errstate(all="ignore"):
        return _evaluated(real, synthetic, inquiry or Inquiry(), holdout, table)


def _evaluated(real: Path, synthetic: Path, question: Inquiry, holdout: Path | None, table: str | None) -> Evaluation:
    if holdout is not None and os.fspath(holdout) == os.fspath(real):
        raise UsageError("the hold-out is the real table; give rows that the synthesizer was not given, or none")
    places = [("real", real), ("synthetic", synthetic), *([("hold-out", holdout)] if holdout is not None else [])]
    sources = [(name, source(path)) for name, path in places]
    tables = [(name, _table(each, table)) for name, each in sources]
    asked, notes = assumed(question, [each for _, each in tables])
    check(asked, tables)
    if asked.target is not None:
        learners.required()
    key = Key.from_seed(asked.seed).child("evaluate")
    columns, absent = _shared(tables, asked)
    drawn = [
        draw(
            each, columns, asked.key, asked.rows * (2 if name == "real" and holdout is None else 1), key.child("sample")
        )
        for name, each in tables
    ]
    identifiers = {name for _, each in tables for name in known(asked, each)}
    encoded = encode(drawn, asked, sorted(identifiers))
    kept = encoded.samples[2] if holdout is not None else None
    ground = grounds(encoded.samples[0], encoded.samples[1], kept, key, asked.resamples)
    size = ground.train.entities
    sides = tuple(
        Side(name, where.shown, each.name, some.total, some.rows.num_rows, sample.entities, size, some.keyless)
        for (name, where), (_, each), some, sample in zip(sources, tables, drawn, encoded.samples, strict=True)
    )
    notes += _halves(sides, keyed=asked.key is not None)
    fidelity, said = _fidelity(ground)
    found = copies.find(
        tables[0][1],
        tables[1][1],
        drawn,
        _described(encoded),
        frozenset({*asked.categories, asked.arm or ""}),
        asked.key,
    )
    copied, risk = privacy.copied_rows(found)
    chapters = (copied, *_privacy(encoded, ground, asked, held=holdout is not None))
    useful = () if asked.target is None else (utility.useful(ground, asked.target),)
    verdict = judged(
        fidelity,
        chapters,
        useful,
        risk,
        identical=found.identical,
        named=privacy.named(found) if found.unexplained else "",
    )
    return Evaluation(
        verdict, sides, asked, tuple(fidelity), chapters, useful, {**absent, **encoded.left_out}, (*notes, *said)
    )


def _halves(sides: Sequence[Side], *, keyed: bool) -> list[str]:
    """Return what is said where scores are of fewer entities than were sampled."""
    noun = "entities" if keyed else "rows"
    some = [f"{each.compared:,} of {each.entities:,} {each.name} {noun}" for each in sides]
    if all(each.compared == each.entities for each in sides):
        return []
    said = f"scores are computed on {', '.join(some)}, so that ceiling and floor are of the same size"
    return [f"{said}; effects and tables of figures are of all sampled rows"]


def _table(found: Source, name: str | None) -> SourceTable:
    """Return the table of a name; the only one of a path, or its first, where that is what there is."""
    if len(found.tables) == 1 or name is None:
        return next(iter(found.tables.values()))
    return found.table(name)


def _shared(tables: Sequence[tuple[str, SourceTable]], question: Inquiry) -> tuple[list[str], dict[str, str]]:
    """Return the columns that all tables have, and why others are left out."""
    absent: dict[str, str] = {}
    columns = []
    for name in dict.fromkeys(name for _, table in tables for name in table.arrow.names):
        lacking = [side for side, table in tables if name not in table.arrow.names]
        if name == question.key:
            continue
        if name in question.ignored:
            absent[name] = "left out as asked"
        elif lacking:
            absent[name] = f"not in the {' and the '.join(lacking)} table"
        else:
            columns.append(name)
    if not columns:
        raise UsageError(
            "the tables have no column in common beside the key; name the tables with --table, or rename columns"
        )
    return columns, absent


def _fidelity(ground: Ground) -> tuple[list[Answer], list[str]]:
    shared, notes = ground.train.shared, []
    repeated = bool((ground.train.entities < ground.train.rows) and shared.keyed and shared.time is not None)
    used = {
        "columns": True, "pairs": len(shared.scales) > 1, "nulls": True, "over time": repeated,
        "treatment effect": shared.arm is not None and shared.keyed, "order": repeated,
    }  # fmt: skip
    chosen = {name: each for name, each in QUESTIONS.items() if used[name]}
    scores = measured([metric for _, metrics in chosen.values() for metric in metrics], ground)
    chapters = []
    for name, (question, metrics) in chosen.items():
        if name == "treatment effect":
            effect = effect_answer(ground, name, question)
            chapters += [effect] if effect is not None else []
            continue
        found = [scores[each.name] for each in metrics if each.name in scores]
        if found:
            chapter = Answer(
                name, question, tuple(head for head, _ in found), tuple(score for _, some in found for score in some)
            )
            chapters.append(_with_facts(chapter, ground))
    if len(shared.scales) > MOST_COLUMNS:
        notes.append(
            f"pairs are those of the first {MOST_COLUMNS} columns of {len(shared.scales)}; --ignore leaves others out"
        )
    if learners.at_hand():
        score = discriminator.discriminated(ground)
        chapters.append(Answer("structure", "Can a model tell synthetic rows from real ones?", (score,), (score,)))
    else:
        notes.append(f"whether a model can tell the rows apart is not computed: {learners.HOW}")
    return chapters, notes


def _with_facts(chapter: Answer, ground: Ground) -> Answer:
    """Return a chapter with the facts that belong to it, and what could not be computed."""
    missing = [f"{each.metric} of {each.of}: {each.reason}" for each in chapter.scores if each.value is None]
    said = tuple(missing[:20]) + (
        (f"and {len(missing) - 20} more that cannot be computed",) if len(missing) > 20 else ()
    )
    match chapter.name:
        case "columns":
            strange = strange_categories(*ground.whole)
            return replace(chapter, grids=(numbers(*ground.whole),), said=(*strange, *said))
        case "pairs":
            return replace(chapter, grids=(strongest(*ground.whole),), said=said)
    return replace(chapter, said=said)


def _described(encoded: Encoded) -> list[str]:
    return [each.name for each in encoded.samples[0].shared.scales]


def _privacy(encoded: Encoded, ground: Ground, question: Inquiry, *, held: bool) -> list[Answer]:
    real, synthetic = encoded.samples[:2]
    found = [privacy.near_rows(real, synthetic, encoded.samples[2] if held else None, ground.key, question.resamples)]
    if held:
        found += [attacks.membership(ground), attacks.singled_out(ground)]
    else:
        missing = "needs real rows that the synthesizer was not given: give them with --holdout"
        found.append(Answer("membership", "Can it be told who was in the real table?", said=(missing,)))
    if question.quasi:
        found.append(attacks.linkage(ground, question.quasi, held=held))
    return found


__all__ = ["Drawn", "Evaluation", "Inquiry", "Side", "evaluate"]
