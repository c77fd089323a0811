"""The fit against a real pilot: two thirds of its subjects make the model, the others judge it.

Needs a folder with vs.xpt and dm.xpt of the CDISC pilot, named by ROWMILL_CDISC_PILOT; skipped without.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import rowmill
from rowmill.domains.vitals.fit.fitting import fit
from rowmill.domains.vitals.shipped import shipped_model
from support.pilots import VITALS
from support.switches import switch

FOLDER = Path(switch("ROWMILL_CDISC_PILOT", "no-pilot"))
VISITS = ("SCREENING 1", "BASELINE", "WEEK 4", "WEEK 12")
TESTS = ("SYSBP", "DIABP", "PULSE", "TEMP")
PAIRS = tuple(combinations(range(4), 2))
CORRELATIONS = ("lag", "icc", "between", "within")
SHUFFLES = 10

pytestmark = pytest.mark.skipif(not (FOLDER / "vs.xpt").exists(), reason="no pilot: ROWMILL_CDISC_PILOT names none")


def read(name):
    import pyreadstat

    return pl.from_dict(pyreadstat.read_xport(FOLDER / name, output_format="dict")[0], strict=False)


def cube(vs, dm):
    """Return values float64[subjects, visits, vitals] and who had placebo, by another way than the fit."""
    used = vs.filter(
        pl.col("VISIT").is_in(VISITS)
        & pl.col("VSTESTCD").is_in(TESTS)
        & ((pl.col("VSTPTNUM") == 815) | (pl.col("VSTESTCD") == "TEMP"))
        & pl.col("VSSTRESN").is_not_null()
    ).join(dm.select("USUBJID", "ARM"), on="USUBJID")
    people = {name: place for place, name in enumerate(used["USUBJID"].unique().sort())}
    value, placebo = np.full((len(people), 4, 4), np.nan), np.zeros(len(people), int)
    for name, visit, test, number, arm in used.select("USUBJID", "VISIT", "VSTESTCD", "VSSTRESN", "ARM").iter_rows():
        value[people[name], VISITS.index(visit), TESTS.index(test)] = number
        placebo[people[name]] = arm == "Placebo"
    return value, placebo


def described(value, placebo):
    """Return means, SDs and counts by arm, and correlations.

    These are: of each two visits (the mean of the four vitals), ICCs, and SBP-DBP between and within subjects.
    """
    by_arm = [value[placebo == arm] for arm in (0, 1)]
    mean, sd = (np.array([f(part, axis=0) for part in by_arm]) for f in (np.nanmean, np.nanstd))
    count = np.array([(~np.isnan(part)).sum(axis=0) for part in by_arm])
    rest = value - mean[placebo]
    together = [~np.isnan(rest[:, (u, v)]).any(axis=(1, 2)) for u, v in PAIRS]
    lag = np.array(
        [
            [
                np.corrcoef(rest[both, u, j], rest[both, v, j])[0, 1]
                for both, (u, v) in zip(together, PAIRS, strict=True)
            ]
            for j in range(4)
        ]
    )
    several = rest[(~np.isnan(rest)).any(axis=2).sum(axis=1) > 1]
    visits = (~np.isnan(several)).sum(axis=1)
    level = np.nanmean(several, axis=1)
    within = several - level[:, None]
    within_square = np.nansum(within**2, axis=(0, 1)) / (visits.sum(axis=0) - len(several))
    typical = (visits.sum(axis=0) - (visits**2).sum(axis=0) / visits.sum(axis=0)) / (len(several) - 1)
    between = ((visits * level**2).sum(axis=0) / (len(several) - 1) - within_square) / typical
    pressures = within[:, :, :2].reshape(-1, 2)
    return {
        "mean": mean,
        "sd": sd,
        "count": count,
        "lag": lag.mean(axis=0),
        "icc": between / (between + within_square),
        "between": np.corrcoef(level[:, 0], level[:, 1])[0, 1],
        "within": np.corrcoef(pressures[~np.isnan(pressures).any(axis=1)].T)[0, 1],
    }


@pytest.fixture(scope="module")
def splits(tmp_path_factory):
    """Return, for each third of each shuffle held out, what describes it, the rest, and the trial made from the rest.

    The first shuffle is none: every third subject is held out.
    """
    folder = tmp_path_factory.mktemp("thirds")
    vs, dm = read("vs.xpt"), read("dm.xpt")
    dm.write_parquet(folder / "dm.parquet")
    names = vs["USUBJID"].unique().sort()
    orders = [names, *(names.gather(np.random.default_rng(s).permutation(len(names))) for s in range(1, SHUFFLES))]
    found = []
    for number in range(3 * SHUFFLES):
        held = vs["USUBJID"].is_in(orders[number // 3].gather_every(3, number % 3).implode())
        vs.filter(~held).write_parquet(folder / "vs.parquet")
        model = fit(str(folder / "vs.parquet"), str(folder / "dm.parquet")).model
        data = rowmill.dataset("vitals", model=model, seed=number, subjects_per_arm=20_000)["vitals"].to_polars()
        made = np.stack([data[name].to_numpy().astype(float).reshape(-1, 4) for name in VITALS], axis=2)
        placebo = (data["TreatmentArm"].cast(pl.String) == "Placebo").to_numpy().astype(int)[::4]
        found.append(
            [described(*cube(vs.filter(held), dm)), described(*cube(vs.filter(~held), dm)), described(made, placebo)]
        )
    return found


def means_agree(held, rest, made):
    """Return whether means lie within the errors of both samples."""
    error = np.sqrt(held["sd"] ** 2 / held["count"] + rest["sd"] ** 2 / rest["count"])
    z = (made["mean"] - held["mean"]) / error
    return np.abs(z).max() <= 3.3 and (z**2).mean() ** 0.5 <= 1.3


def spreads_agree(held, made):
    """Return whether standard deviations lie within their errors."""
    return (np.abs(np.log(made["sd"] / held["sd"])) <= 4 * np.sqrt(0.75 / held["count"])).all()


def misses(splits):
    """Return how far each of twelve correlations is from the held-out third's, float64[splits, 12]."""
    figures = [[np.hstack([part[name] for name in CORRELATIONS]) for part in (made, held)] for held, _, made in splits]
    return np.array([made - held for made, held in figures])


def test_means_are_those_of_subjects_that_were_not_fitted(splits):
    """Pilots drawn from the model itself pass in 93 of 100 splits."""
    agree = [means_agree(*split) for split in splits]

    assert all(agree[:3])
    assert np.mean(agree) >= 0.85


def test_spreads_are_those_of_subjects_that_were_not_fitted(splits):
    """Pilots drawn from the model itself pass in 99 of 100 splits."""
    agree = [spreads_agree(held, made) for held, _, made in splits]

    assert all(agree[:3])
    assert np.mean(agree) >= 0.95


def test_correlations_are_those_of_subjects_that_were_not_fitted(splits):
    """A third is some 57 subjects, whose correlations have errors of a tenth: no model meets all twelve every time.

    Of pilots drawn from the model itself 79 of 100 splits have all twelve within 0.2, and their means over splits miss
    by up to 0.08.
    """
    missed = misses(splits)

    assert np.abs(missed.mean(axis=0)).max() <= 0.1
    assert (np.abs(missed) <= 0.2).mean() >= 0.95
    assert (np.abs(missed) <= 0.2).all(axis=1).mean() >= 0.5


def test_the_model_that_ships_is_the_fit_to_this_pilot():
    shipped = shipped_model()

    fitted = fit(str(FOLDER / "vs.xpt"), str(FOLDER / "dm.xpt"), source=shipped.source).model

    assert fitted == shipped
