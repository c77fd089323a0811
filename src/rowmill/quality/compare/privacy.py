"""Privacy, first part: rows that were copied, and rows that are nearer to real ones than a hold-out's are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from rowmill.core.keys import Key
from rowmill.draw.arrays import Floats
from rowmill.quality.compare.copies import Copies
from rowmill.quality.compare.neighbours import closest, coordinates, nearer, share_within
from rowmill.quality.compare.risks import Risk, risk
from rowmill.quality.compare.samples import Sample, rows_of
from rowmill.quality.compare.scores import Answer, Score, against_chance

MOST_ROWS: Final = 5_000
"""Of each sample between whose rows distances are computed."""
LEVEL: Final = 0.05
"""Share of the hold-out's rows that count as near."""
_REPEATED: Final = 0.5
"""Share of real rows that other entities have too, from which on equality tells nothing."""


def copied_rows(copies: Copies) -> tuple[Answer, Risk]:
    """Return what equality of whole rows says, and the share of copied rows above what real rows share by chance."""
    found = risk(copies.synthetic, copies.entity, copies.control, copies.control_entity)
    score = Score(
        "rows equal to a real row", "all columns", found.main, found.main_interval, found.control,
        found.control_interval, floor=1.0,
    )  # fmt: skip
    said = [f"compared by {len(copies.columns)} columns: {', '.join(copies.columns)[:400]}"]
    if copies.identical:
        said.insert(0, "the two tables hold the same rows, each as often: the synthetic table is the real one")
    elif found.shown:
        low, high = (max(0.0, each) for each in found.interval)
        said.insert(0, f"{found.excess:.1%} of the synthetic rows are copied (95 % interval {low:.1%} to {high:.1%})")
    if copies.unexplained and not copies.identical:
        said.insert(0, named(copies))
    else:
        said.append(f"{copies.hits:,} of all {copies.rows:,} synthetic rows stand in the real table")
    if found.control > _REPEATED:
        said.append(
            f"{found.control:.0%} of the real rows are equal to one of another entity, so only large shares of copies "
            "show by equality"
        )
    whole = _whole(copies)
    if whole is not None:
        said.append(whole)
    return Answer("copies", "Are synthetic rows copies of real ones?", (score,), (score,), said=tuple(said)), found


def named(copies: Copies) -> str:
    """Return the sentence that names copies which chance does not explain, few as they may be."""
    return (
        f"{copies.hits:,} of all {copies.rows:,} synthetic rows stand in the real table, and none of "
        f"{len(copies.control):,} real rows that cannot be copies"
    )


def _whole(copies: Copies) -> str | None:
    """Return a sentence about entities all of whose rows were found, where entities have more rows than one."""
    shares = []
    for hits, entity in ((copies.synthetic, copies.entity), (copies.control, copies.control_entity)):
        rows = np.bincount(entity)
        many = rows > 1
        if not many.any():
            return None
        shares.append(float((np.bincount(entity, hits)[many] == rows[many]).mean()))
    return (
        f"entities all of whose rows stand in the real table: {shares[0]:.1%}; of real ones in others: {shares[1]:.1%}"
    )


def near_rows(real: Sample, synthetic: Sample, holdout: Sample | None, key: Key, resamples: int) -> Answer:
    """Return how close synthetic rows lie to real ones, beside a hold-out, or real rows of other entities."""
    columns = list(range(len(real.shared.scales)))
    random = np.random.default_rng(key.child("near").words)
    targets, made = _some(real, random), _some(synthetic, random)
    control = targets if holdout is None else _some(holdout, random)
    points = coordinates(targets, real, columns)
    near = closest(coordinates(made, real, columns), points)
    if holdout is None:
        base = closest(points, points, targets.entity, targets.entity)
    else:
        base = closest(coordinates(control, real, columns), points)
    drawn = {name: list[float]() for name in _MEASURES}
    for _ in range(resamples):
        both = [
            each[rows_of(sample.starts, random.integers(0, sample.entities, sample.entities))]
            for each, sample in ((near, made), (base, control))
        ]
        for name, (measure, _) in _MEASURES.items():
            drawn[name].append(measure(*both))
    scores = [
        against_chance(name, "all columns", measure(near, base), drawn[name], alike)
        for name, (measure, alike) in _MEASURES.items()
    ]
    distances = [f"{np.median(each):.3f}, of the nearest 1 % {np.quantile(each, 0.01):.3f}" for each in (near, base)]
    said = [f"median distance to the closest real row {distances[0]}; of the hold-out's rows {distances[1]}"]
    first = scores[0]
    if first.told:
        said.insert(0, f"{first.value:.1%} of the synthetic rows are as near to a real row as 5 % of a hold-out are")
    elif scores[1].told:
        said.insert(
            0, f"{scores[1].value:.1%} of the time, a synthetic row is nearer to a real one than a hold-out's is"
        )
    if holdout is None:
        said.append("without a hold-out, real rows are held against those of other entities")
    return Answer(
        "nearness",
        "Are synthetic rows nearer to real ones than other real rows are?",
        tuple(scores),
        tuple(scores),
        said=tuple(said),
    )


def _within(distances: Floats, control: Floats) -> float:
    return share_within(distances, control, LEVEL)


def _some(sample: Sample, random: np.random.Generator) -> Sample:
    """Return entities, drawn at random, that have so many rows as distances are computed of; at least one."""
    order = random.permutation(sample.entities)
    count = int(np.searchsorted(np.cumsum(np.diff(sample.starts)[order]), MOST_ROWS, side="right"))
    return sample.take(np.sort(order[: max(1, count)]))


_MEASURES: Final[Mapping[str, tuple[Callable[[Floats, Floats], float], float]]] = {
    f"rows as near as the nearest {LEVEL:.0%} of a hold-out": (_within, LEVEL),
    "how often nearer than a hold-out's row": (nearer, 0.5),
}
"""Of distances against a control's, each with what a hold-out has."""
