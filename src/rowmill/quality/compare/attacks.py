"""Privacy, second part: what an attacker with the synthetic table learns, beside what it tells of people not in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.random import Generator

from rowmill.draw.arrays import Flags, Floats, Ints
from rowmill.quality.compare.ground import Ground
from rowmill.quality.compare.neighbours import closest, closest_rows, coordinates, nearer, share_within
from rowmill.quality.compare.risks import risk
from rowmill.quality.compare.samples import Sample
from rowmill.quality.compare.scores import Answer, Listing, Score, against_chance

MOST_TARGETS: Final = 2_000
"""Entities of each side that are attacked."""
_PREDICATES: Final = 500
_FALSE_ALARMS: Final = 0.01
_TOLERANCE: Final = 0.05
"""How far a guessed number may be off, as a share of the way from the 1 % to the 99 % quantile."""
_REACH: Final = 0.025
"""How far a number may be off in a description, as a share of the real rows on each side."""


def membership(ground: Ground) -> Answer:
    """Return whether closeness to synthetic rows tells entities of the real table from those of a hold-out."""
    columns = list(range(len(ground.train.shared.scales)))
    points = coordinates(_few(ground.synthetic, 5_000), ground.train, columns)
    sides = []
    for sample in (ground.train, ground.holdout):
        some = _few(sample, 5_000)
        distance = closest(coordinates(some, ground.train, columns), points)
        sides.append(np.bincount(some.entity, distance) / np.diff(some.starts))
    members, others = sides
    scores = (
        _drawn(ground, "AUC of telling members by closeness", members, others, 0.5),
        _drawn(ground, "members found at 1 % false alarms", members, others, _FALSE_ALARMS),
    )
    said = []
    if any(each.told for each in scores):
        said.append("who was in the real table can be told from who was not, better than by chance")
    return Answer("membership", "Can it be told who was in the real table?", scores, scores, said=tuple(said))


def _drawn(ground: Ground, name: str, members: Floats, others: Floats, alike: float) -> Score:
    random = ground.random("membership", name)

    def measure(first: Floats, second: Floats) -> float:
        return nearer(first, second) if alike == 0.5 else share_within(first, second, alike)

    drawn = [
        measure(*(each[random.integers(0, len(each), len(each))] for each in (members, others)))
        for _ in range(ground.resamples)
    ]
    return against_chance(name, "entities", measure(members, others), drawn, alike)


def _few(sample: Sample, rows: int) -> Sample:
    count = max(1, int(np.searchsorted(sample.starts, rows, side="right")) - 1)
    return sample.take(np.arange(min(count, sample.entities)))


def _one_row_each(sample: Sample, random: Generator) -> Sample:
    """Return one row of each of some entities."""
    count = min(sample.entities, MOST_TARGETS)
    row = sample.starts[:count] + (random.random(count) * np.diff(sample.starts)[:count]).astype(np.int64)
    return Sample(sample.shared, sample.codes[row], np.arange(count + 1))


def linkage(ground: Ground, quasi: Sequence[str], *, held: bool) -> Answer:
    """Return how well other columns are guessed of somebody of whom some are known: from the closest synthetic row.

    Args:
        ground: real rows, which are attacked, and rows of a hold-out, which nobody trained on.
        quasi: the columns that the attacker knows.
        held: whether the hold-out is one that was not in the real table.
    """
    random = ground.random("linkage")
    names = [each.name for each in ground.train.shared.scales]
    known = [names.index(each) for each in quasi]
    made = _few(ground.synthetic, 10_000)
    targets = [_one_row_each(each, random) for each in (ground.train, ground.holdout)]
    points = coordinates(made, ground.train, known)
    twins = [closest_rows(coordinates(each, ground.train, known), points) for each in targets]
    rows, said = [], []
    for column in (i for i in range(len(names)) if i not in known):
        hits = [
            _guessed(each, made.codes[twin, column], column, ground.train)
            for each, twin in zip(targets, twins, strict=True)
        ]
        usual = _guessed(targets[0], np.full(targets[0].rows, _usual(made, column)), column, ground.train)
        found = risk(hits[0], np.arange(len(hits[0])), hits[1], np.arange(len(hits[1])))
        low, high = found.interval
        told = held and found.shown and found.main > usual.mean()
        rows.append((
            names[column], found.main, found.control if held else None, float(usual.mean()),
            found.excess if held else None, low if held else None, high if held else None,
        ))  # fmt: skip
        if told:
            said.append(
                f"{names[column]} is guessed right of {found.main:.1%} of the real rows, of others {found.control:.1%}"
            )
    if not held:
        said.append(
            "what the data teach and what they leak cannot be told apart without a hold-out: give one with --holdout"
        )
    head = (
        "guessed column",
        "right of real rows",
        "right of a hold-out",
        "right by the usual value",
        "excess",
        "from",
        "to",
    )
    grid = Listing(f"Guessed from {', '.join(quasi)}", head, tuple(rows))
    return Answer(
        "linkage",
        "Who knows some columns of somebody: does the table tell the others?",
        grids=(grid,),
        said=tuple(said),
    )


def _usual(sample: Sample, column: int) -> int:
    """Return the most frequent category, or the median number, −1 if there is none."""
    counts = sample.counts(column)
    if not counts.sum():
        return -1
    if sample.shared.scales[column].kind == "category":
        return int(counts.argmax())
    return int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))


def _guessed(targets: Sample, guess: Ints, column: int, real: Sample) -> Flags:
    """Return which guesses are right: the same category, or a number that is near enough."""
    scale, actual = targets.shared.scales[column], targets.codes[:, column]
    if scale.kind == "category":
        return np.asarray(actual == guess)
    counts = np.cumsum(real.counts(column))
    if not counts.size or not counts[-1]:
        return np.asarray(actual == guess)
    low, high = (scale.grid[np.searchsorted(counts, at * counts[-1])] for at in (0.01, 0.99))
    values = np.append(scale.grid, np.nan)
    near = np.abs(values[actual] - values[guess]) <= _TOLERANCE * (high - low)
    return np.asarray(near | (actual == guess))


def singled_out(ground: Ground) -> Answer:
    """Return how often a description that fits one synthetic row fits one entity of the real table, and of a hold-out.

    Descriptions have two to four columns of a synthetic row: categories as they are, numbers within 2.5 % of the rows.
    """
    random = ground.random("singling")
    scales = ground.train.shared.scales
    views = [_view(each, ground.train) for each in (ground.synthetic, ground.train, ground.holdout)]
    reach = np.array([_REACH if each.kind == "number" else 0.0 for each in scales])
    hits: list[tuple[bool, bool]] = []
    for _ in range(4 * _PREDICATES):
        row = random.integers(0, len(views[0]))
        chosen = random.permutation(len(scales))[: random.integers(2, 5)]
        alone = [
            len(
                np.unique(sample.entity[(np.abs(view[:, chosen] - views[0][row, chosen]) <= reach[chosen]).all(axis=1)])
            )
            == 1
            for view, sample in zip(views, (ground.synthetic, ground.train, ground.holdout), strict=True)
        ]
        if alone[0]:
            hits.append((alone[1], alone[2]))
        if len(hits) == _PREDICATES:
            break
    if len(hits) < 20 or len(scales) < 2:
        return Answer("singling out", _SINGLING, said=("too few descriptions fit one synthetic row alone",))
    main, control = (np.array([each[side] for each in hits]) for side in (0, 1))
    found = risk(main, np.arange(len(main)), control, np.arange(len(control)))
    score = Score(
        "descriptions that fit one entity alone",
        f"{len(hits)} descriptions",
        found.main,
        found.main_interval,
        found.control,
        found.control_interval,
        floor=1.0,
    )
    said: tuple[str, ...] = ()
    if found.shown:
        said = (f"descriptions single out {found.excess:.1%} more entities of the real table than of others",)
    return Answer("singling out", _SINGLING, (score,), (score,), said=said)


_SINGLING: Final = "Does a description taken from a synthetic row fit one real entity alone?"


def _view(sample: Sample, real: Sample) -> Floats:
    """Return numbers as their places among the real values, 0 … 1, and categories as they are; null as −1."""
    parts = []
    for column, scale in enumerate(sample.shared.scales):
        codes = sample.codes[:, column]
        if scale.kind == "number":
            counts = real.counts(column)
            share = (np.cumsum(counts) - counts / 2) / max(counts.sum(), 1)
            parts.append(np.append(share, -1.0)[codes])
        else:
            parts.append(codes.astype(float))
    return np.column_stack(parts)
