"""Beside SDMetrics, in an environment of its own: what both define agrees, and ours ranks where its report misleads."""

from __future__ import annotations

import json
import subprocess

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from sklearn.datasets import load_wine

import rowmill
from rowmill import Inquiry
from rowmill.quality.compare.columns import COLUMN_METRICS
from rowmill.quality.compare.encoding import encode
from rowmill.quality.compare.pairs import PAIR_METRICS
from rowmill.quality.compare.sampling import Drawn
from support.tree import ROOT
from support.twins import population, put, shuffled

PYTHON = ROOT / ".venv-rivals/bin/python"
pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="needs SDMetrics: make test-rivals")


def rival(real, synthetic, categories, folder):
    """Return what SDMetrics says of two tables."""
    for name, table in (("real", real), ("synthetic", synthetic)):
        pyarrow.csv.write_csv(table, folder / f"{name}.csv")
    command = [PYTHON, ROOT / "tests/rivals/sdmetrics_scores.py", folder / "real.csv", folder / "synthetic.csv"]
    done = subprocess.run([*command, ",".join(categories)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ours(real, synthetic):
    """Return our distances over whole tables, by metric and columns."""
    drawn = [Drawn(each, np.arange(len(each)), len(each), 0) for each in (real, synthetic)]
    samples = encode(drawn, Inquiry(), ()).samples
    names = [scale.name for scale in samples[0].shared.scales]
    return {
        each.name: {" ".join(names[i] for i in of): value for of, value in each.statistic(*samples).items()}
        for each in (*COLUMN_METRICS, *PAIR_METRICS)
    }


def wine(seed):
    """Return scikit-learn's wines, drawn again, with categories cut from two of their numbers."""
    found = load_wine()
    rows = np.random.default_rng(seed).integers(0, len(found.target), 400)
    columns = {name.replace("/", "_"): found.data[rows, i] for i, name in enumerate(found.feature_names[:6])}
    colour = np.array(["pale", "ruby", "dark"])[np.digitize(found.data[rows, 9], (3.5, 6))]
    return pa.table({**columns, "class": np.char.add("class ", found.target[rows].astype(str)), "colour": colour})


CASES = {
    "wine": (wine(1), wine(2), ("class", "colour")),
    "people": (population(800, 1).drop("visits"), shuffled(population(800, 2).drop("visits"), 3), ("shop", "member")),
}


@pytest.mark.parametrize("name", CASES)
def test_distances_and_similarities_are_those_of_sdmetrics_on_the_same_rows(name, tmp_path):
    real, synthetic, categories = CASES[name]
    theirs, mine = rival(real, synthetic, categories, tmp_path), ours(real, synthetic)

    columns = {**theirs["KSComplement"], **theirs["TVComplement"]}
    assert {each: 1 - value for each, value in mine["distribution distance"].items()} == pytest.approx(columns)
    pearson = {each: 1 - value / 2 for each, value in mine["difference of Pearson's r"].items()}
    assert pearson == pytest.approx(theirs["Pearson"], abs=1e-9)
    for each, value in theirs["Spearman"].items():
        assert 1 - mine["difference of association"][each] / 2 == pytest.approx(value, abs=1e-9)
    for each, value in theirs["Contingency"].items():
        assert 1 - mine["joint distribution distance"][each] == pytest.approx(value, abs=1e-9)


def signs(seed, rows=2_000):
    """Return vital signs whose largest correlation is 0.43, as in trials."""
    random = np.random.default_rng(seed)
    r = [[1, 0.43, 0.0, 0.0], [0.43, 1, 0.1, 0.0], [0.0, 0.1, 1, 0.2], [0.0, 0.0, 0.2, 1]]
    values = random.multivariate_normal(np.zeros(4), r, rows) * [17, 10, 10, 0.4] + [136, 75, 70, 36.6]
    return pa.table(dict(zip(("systolic", "diastolic", "pulse", "temperature"), values.T, strict=True)))


def test_a_faithful_twin_ranks_above_independent_columns_where_the_report_of_sdmetrics_ranks_it_below(tmp_path):
    real, twin = signs(1), signs(2)
    # Each column is the real one, so all that a mean of columns can see is perfect.
    independent = shuffled(real, 3)
    paths = [put(each, tmp_path / f"{name}.parquet") for name, each in (("r", real), ("t", twin), ("i", independent))]

    mine = [rowmill.evaluate(paths[0], other).verdict.fidelity for other in paths[1:]]
    theirs = [rival(real, other, (), tmp_path)["report"] for other in (twin, independent)]

    assert mine[0] > 0.8 > mine[1] + 0.6
    assert theirs[0] < theirs[1], "if this fails, the report of SDMetrics has mended its ways, and the page may say so"
