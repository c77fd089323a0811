"""The truth table: every parameter that made the data, so that an analysis can be checked against it."""

from __future__ import annotations

import numpy as np

from rowmill.domains.vitals.donors import Donors
from rowmill.domains.vitals.model import VITALS
from rowmill.domains.vitals.plan import Trial
from rowmill.model.frame import Cells, Dictionary

Row = tuple[str, str | None, str | None, str | None, str | None, float]


def truth_rows(trial: Trial, donors: Donors | None) -> dict[str, Cells]:
    """Return the rows of the truth table."""
    rows = [*_means(trial), *_spread(trial), *_switches(trial), *(_donors(trial, donors) if donors else ())]
    frame: dict[str, Cells] = {}
    for at, name in enumerate(("Parameter", "TreatmentArm", "VisitName", "Vital", "OtherVital")):
        texts = [row[at] for row in rows]
        known = sorted({text for text in texts if isinstance(text, str)}) or [""]
        codes = np.array([known.index(text) if isinstance(text, str) else 0 for text in texts], np.int16)
        nulls = np.array([text is None for text in texts])
        frame[name] = Cells(codes, nulls if nulls.any() else None, Dictionary(known))
    frame["Value"] = Cells(np.array([row[5] for row in rows], np.float64))
    return frame


def _means(trial: Trial) -> list[Row]:
    rows: list[Row] = []
    for a, arm in enumerate(trial.spec.arms):
        for v, visit in enumerate(trial.visits):
            for j, vital in enumerate(VITALS):
                rows.append(("mean", arm, visit, vital, None, float(trial.means[a, v, j])))
                if a < len(trial.spec.arms) - 1:
                    effect = float(trial.means[a, v, j] - trial.means[-1, v, j])
                    rows.append(("effect", arm, visit, vital, None, effect))
    return rows


def _spread(trial: Trial) -> list[Row]:
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


def _switches(trial: Trial) -> list[Row]:
    realism = trial.spec.realism
    rows: list[Row] = [
        ("effect_sd", None, None, "SystolicBP", None, realism.effect_sd),
        ("missed", None, None, None, None, realism.missed),
        ("fever", None, None, None, None, realism.fever),
        ("outliers", None, None, None, None, realism.outliers),
        ("fahrenheit", None, None, "Temperature", None, realism.fahrenheit),
    ]
    rows += [("site_sd", None, None, vital, None, realism.site_sd[j]) for j, vital in enumerate(VITALS)]
    if realism.dropout.mechanism != "none":
        rows.append(
            (f"dropout_{realism.dropout.mechanism}_log_odds", None, None, "SystolicBP", None, realism.dropout.strength)
        )
        rows.append(("retention", None, trial.visits[-1], None, None, realism.dropout.retention))
    if trial.spec.method == "bootstrap":
        rows.append(("smoothing", None, None, None, None, trial.spec.smoothing))
    return rows


def _donors(trial: Trial, donors: Donors) -> list[Row]:
    rows: list[Row] = [
        ("donors", arm, None, None, None, float(number))
        for arm, number in zip(trial.spec.arms, donors.size.tolist(), strict=True)
    ]
    rows.append(("donors_synthetic", None, None, None, None, float(donors.synthetic)))
    rows.append(("donor_visits_completed", None, None, None, None, float(donors.completed)))
    return rows
