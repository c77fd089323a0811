"""The truth table: every parameter that made the data, so that an analysis can be checked against it."""

from __future__ import annotations

from typing import Final

import numpy as np

from rowmill.domains.vitals.donors import Donors
from rowmill.domains.vitals.fields import TRUTH
from rowmill.domains.vitals.model import SHAPE_LEVELS, VITALS, Digits
from rowmill.domains.vitals.nearest import LEVELS, nearness
from rowmill.domains.vitals.plan import Trial
from rowmill.model.columns import Column, columns_of
from rowmill.model.frame import Cells, Dictionary

Row = tuple[str, str | None, str | None, str | None, str | None, float]
"""Cells of one row in the order of the schema."""


def means(trial: Trial) -> list[Row]:
    """Return the mean of each vital by arm and visit, and each treated arm's difference to the control."""
    rows: list[Row] = []
    for a, arm in enumerate(trial.spec.arms):
        for v, visit in enumerate(trial.visits):
            for j, vital in enumerate(VITALS):
                rows.append(("mean", arm, visit, vital, None, float(trial.means[a, v, j])))
                if a < len(trial.spec.arms) - 1:
                    effect = float(trial.means[a, v, j] - trial.means[-1, v, j])
                    rows.append(("effect", arm, visit, vital, None, effect))
    return rows


def spread(trial: Trial) -> list[Row]:
    """Return how values vary between and within subjects."""
    rows: list[Row] = []
    for name, matrix in (("between", trial.model.between), ("within", trial.model.within)):
        for i, first in enumerate(VITALS):
            for j, second in enumerate(VITALS[: i + 1]):
                rows.append((name, None, None, first, second, matrix[i][j]))
    for j, vital in enumerate(VITALS):
        total = trial.model.between[j][j] + trial.model.within[j][j]
        rows.append(("icc", None, None, vital, None, trial.model.between[j][j] / total))
    rows.append(("kernel_slow", None, None, None, None, trial.model.kernel.slow))
    rows.append(("kernel_decay_per_week", None, None, None, None, trial.model.kernel.decay_per_week))
    return rows


def people(trial: Trial) -> list[Row]:
    """Return who takes part."""
    people = trial.model.people
    numbers = {
        "age_mean": people.age_mean,
        "age_sd": people.age_sd,
        "female": people.female,
        "subjects_per_site": float(people.subjects_per_site),
    }
    return [(name, None, None, None, None, number) for name, number in numbers.items()]


def readers(trial: Trial, donors: Donors | None) -> list[Row]:
    """Return how readings are rounded, and the quantiles of the vitals that are not normal."""
    rows: list[Row] = []
    preferred = trial.model.digits if trial.spec.realism.digit_preference else {}
    for vital in VITALS[:3]:
        shares = preferred.get(vital, Digits()).model_dump()
        rows += [(f"digits_{step}", None, None, vital, None, share) for step, share in shares.items()]
    if donors is None or donors.synthetic:
        for vital, shape in trial.model.shapes.items():
            levels = zip(SHAPE_LEVELS, shape, strict=True)
            rows += [(f"shape_p{100 * level:g}", None, None, vital, None, value) for level, value in levels]
    return rows


def switches(trial: Trial) -> list[Row]:
    """Return what is switched on beside the plain trial."""
    realism = trial.spec.realism
    rows: list[Row] = [
        ("effect_sd", None, None, "SystolicBP", None, realism.effect_sd),
        ("missed", None, None, None, None, realism.missed or 0.0),
        ("fever", None, None, None, None, realism.fever),
        ("outliers", None, None, None, None, realism.outliers),
        ("fahrenheit", None, None, "Temperature", None, realism.fahrenheit),
    ]
    rows += [("site_sd", None, None, vital, None, realism.site_sd[j]) for j, vital in enumerate(VITALS)]
    rows += _leaving(trial)
    if trial.spec.method == "bootstrap":
        rows.append(("smoothing", None, None, None, None, trial.spec.smoothing))
    return rows


def _leaving(trial: Trial) -> list[Row]:
    dropout = trial.dropout
    if dropout is None:
        return []
    odds = enumerate(zip(VITALS, dropout.log_odds, strict=True))
    rows: list[Row] = [
        (f"dropout_{dropout.mechanism}_log_odds", None, None, vital, None, strength)
        for j, (vital, strength) in odds
        if j == 0 or strength
    ]
    if trial.spec.realism.dropout.retention is not None:
        return [*rows, ("retention", None, trial.visits[-1], None, None, float(dropout.kept[-1, -1]))]
    return rows + [
        ("retention", arm, visit, None, None, float(dropout.kept[a, v]))
        for a, arm in enumerate(trial.spec.arms)
        for v, visit in enumerate(trial.visits)
        if trial.dosed[v]
    ]


def lent(trial: Trial, donors: Donors | None) -> list[Row]:
    """Return what the donors are, and how near subjects come to them; nothing without donors."""
    if donors is None:
        return []
    rows: list[Row] = [
        ("donors", arm, None, None, None, float(number))
        for arm, number in zip(trial.spec.arms, donors.size.tolist(), strict=True)
    ]
    rows.append(("donors_synthetic", None, None, None, None, float(donors.synthetic)))
    rows.append(("donor_visits_completed", None, None, None, None, float(donors.completed)))
    return [*rows, *_nearness(trial, donors)]


def _nearness(trial: Trial, donors: Donors) -> list[Row]:
    found = nearness(trial, donors)
    if found is None:
        return []
    rows: list[Row] = [
        (f"{name}_p{round(level * 100):02d}", None, None, None, None, distance)
        for name, quantiles in (("nearest_donor", found.subjects), ("donors_apart", found.donors))
        for level, distance in zip(LEVELS, quantiles, strict=True)
    ]
    return [*rows, ("nearer_than_donors", None, None, None, None, found.nearer)]


def rows(
    means: list[Row],
    spread: list[Row],
    people: list[Row],
    switches: list[Row],
    readers: list[Row],
    lent: list[Row],
) -> list[Row]:
    """Return all rows of the table in order."""
    return [*means, *spread, *people, *switches, *readers, *lent]


def truth_rows(trial: Trial, donors: Donors | None) -> list[Row]:
    """Return all rows of the table in order."""
    return rows(
        means(trial), spread(trial), people(trial), switches(trial), readers(trial, donors), lent(trial, donors)
    )


def _texts(rows: list[Row], at: int) -> Cells:
    texts = [row[at] for row in rows]
    known = sorted({text for text in texts if isinstance(text, str)}) or [""]
    codes = np.array([known.index(text) if isinstance(text, str) else 0 for text in texts], np.int16)
    nulls = np.array([text is None for text in texts])
    return Cells(codes, nulls if nulls.any() else None, Dictionary(known))


TRUTH_COLUMNS: Final = columns_of(
    TRUTH,
    ["trial", "donors"],
    {
        "Parameter": lambda rows: _texts(rows, 0),
        "TreatmentArm": lambda rows: _texts(rows, 1),
        "VisitName": lambda rows: _texts(rows, 2),
        "Vital": lambda rows: _texts(rows, 3),
        "OtherVital": lambda rows: _texts(rows, 4),
        "Value": lambda rows: Cells(np.array([row[5] for row in rows], np.float64)),
    },
    [Column.step(step) for step in (means, spread, people, switches, readers, lent, rows)],
)
