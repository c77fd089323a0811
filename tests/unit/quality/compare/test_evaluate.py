"""Comparisons as a whole: what is called faithful, a copy, unrelated, and what is said of tables that do not fit."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

import rowmill
from rowmill import Inquiry
from rowmill.quality.compare.report import page
from rowmill.quality.compare.risks import Risk
from rowmill.quality.compare.scores import Answer, Score
from rowmill.quality.compare.verdicts import judged
from support.twins import noisy, population, put, shuffled, trial

NONE = Risk(0.0, (0.0, 0.0), 0.0, (0.0, 0.0), 0.0)
QUICK = Inquiry(target="member", quasi=("age", "shop"), resamples=20)
LONG = Inquiry(key="subject", time="visit", arm="arm", resamples=20)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("twins")


@pytest.fixture(scope="module")
def compared(place):
    """Return a function that compares tables, and does so once."""

    @cache
    def compare(real, synthetic, inquiry=QUICK, holdout=None):
        made = {"twin": lambda: population(600, 2), "rest": lambda: population(600, 3),
                "real": lambda: population(600, 1), "independent": lambda: shuffled(population(600, 1), 4),
                "nothing": lambda: noisy(population(600, 1), 5),
                "tenth": lambda: pa.concat_tables([population(600, 1)[:60], population(540, 2)]),
                "jitter": lambda: jittered(population(600, 1)),
                "trial": lambda: trial(200, 1), "trial twin": lambda: trial(200, 2),
                "trial independent": lambda: shuffled(trial(200, 1), 3, kept=("subject", "visit")),
                "no effect": lambda: trial(200, 2, effect=20.0),
                "carried": lambda: trial(200, 2, visits=2)}  # fmt: skip
        paths = {}
        for name in filter(None, (real, synthetic, holdout)):
            paths[name] = put(made[name](), place / f"{name}.parquet")
        return rowmill.evaluate(paths[real], paths[synthetic], inquiry, holdout=paths.get(holdout))

    return compare


def jittered(table):
    """Return rows of which a tenth are real ones with noise below what anybody would notice."""
    random = np.random.default_rng(6)
    near = table[:60]
    for name in ("income", "spent"):
        moved = near[name].to_numpy() * random.uniform(0.999, 1.001, 60)
        near = near.set_column(near.column_names.index(name), name, pa.array(moved))
    return pa.concat_tables([near, population(540, 2)])


def closeness(found):
    return {each.name: each.closeness for each in found.fidelity}


def test_a_twin_ranks_above_independent_columns_and_these_above_noise(compared):
    twin, independent, nothing = (compared("real", each) for each in ("twin", "independent", "nothing"))

    assert twin.verdict.fidelity > 0.8
    assert 0.2 > independent.verdict.fidelity > nothing.verdict.fidelity
    assert twin.verdict.words[0].startswith("Faithful")
    assert independent.verdict.words[0].startswith("Unfaithful")
    assert nothing.verdict.words[0].startswith("Unfaithful")


def test_independent_columns_are_right_by_themselves_and_wrong_in_pairs_and_structure(compared):
    found = closeness(compared("real", "independent"))

    assert found["columns"] == 1
    assert found["pairs"] < 0.3
    assert found["structure"] < 0.3


def test_a_copied_table_is_called_a_copy(compared):
    found = compared("real", "real")

    assert found.verdict.copy
    assert found.verdict.copied == 1
    assert found.verdict.words[0].startswith("A copy")
    assert "the same rows" in found.privacy[0].said[0]


def test_a_tenth_of_copies_is_found_and_its_size_told(compared):
    found = compared("real", "tenth").verdict

    assert found.copy
    assert found.copied == pytest.approx(0.1, abs=0.02)
    assert found.words[0].startswith("Copied in part: ")


def test_a_twin_is_no_copy(compared):
    found = compared("real", "twin", QUICK, "rest")

    assert not found.verdict.copy
    assert found.verdict.words[1].startswith("No exact copies")
    assert not any(score.told for each in found.privacy for score in each.headlines)


def test_near_copies_are_found_where_no_row_is_equal(compared):
    found = compared("real", "jitter")

    assert not found.verdict.copy
    assert found.privacy[1].headlines[0].told
    assert any("near to a real row" in line for line in found.verdict.words)


def test_who_was_copied_can_be_told_and_singled_out_and_others_cannot(compared):
    found = {each.name: each for each in compared("real", "real", QUICK, "rest").privacy}
    twin = {each.name: each for each in compared("real", "twin", QUICK, "rest").privacy}

    assert found["membership"].headlines[0].value > 0.95
    assert found["membership"].headlines[1].value > 0.9
    assert found["singling out"].said
    assert any(line.startswith("income is guessed right") for line in found["linkage"].said)
    assert twin["membership"].headlines[0].value == pytest.approx(0.5, abs=0.06)
    assert not twin["membership"].said
    assert not twin["singling out"].said
    assert twin["linkage"].said == ()


def test_a_model_of_a_twin_is_as_useful_as_one_of_real_rows_and_one_of_independent_columns_is_not(compared):
    useful = [compared("real", each).utility[0].headlines[0] for each in ("twin", "independent")]

    assert useful[0].closeness == 1
    assert useful[1].closeness < 0.2
    assert useful[0].floor == pytest.approx(0.5, abs=0.08)


def unrelated(rows, seed):
    """Return columns that do not depend on one another, with few true answers."""
    random = np.random.default_rng(seed)
    return pa.table({"a": random.normal(size=rows), "b": random.normal(size=rows), "answer": random.random(rows) < 0.1})


def test_where_real_columns_are_independent_dependence_and_use_cannot_be_told(place):
    paths = [put(unrelated(300, seed), place / f"unrelated{seed}.parquet") for seed in (1, 2)]
    found = rowmill.evaluate(*paths, Inquiry(resamples=20, target="answer"))

    pairs = next(each for each in found.fidelity if each.name == "pairs")
    assert {each.standing for each in pairs.headlines} == {"cannot be told"}
    assert pairs.closeness is None
    assert pairs.to_json()["headlines"][0]["standing"] == "cannot be told"
    (useful,) = found.utility[0].headlines
    assert useful.standing == "cannot be told"
    assert not any(line.startswith("Useful") for line in found.verdict.words)
    assert "cannot be told at this size" in found.verdict.words[0]
    assert "True" in found.utility[0].said[0] or "true" in found.utility[0].said[0]
    assert "cannot" in page(found)
    blank = Score("m", "x", 0.1, (0.0, 0.2), 0.1, (0.0, 0.3), floor=0.2)
    assert "cannot be told" in judged([Answer("pairs", "?", (blank,))], [], [], NONE, identical=False).words[0]


def test_a_number_is_predicted_too(place):
    paths = [put(population(200, seed), place / f"number{seed}.parquet") for seed in (1, 2)]
    found = rowmill.evaluate(*paths, Inquiry(resamples=20, target="income")).utility[0].headlines[0]

    assert found.metric.startswith("R²")
    assert found.value > found.floor


def test_a_twin_of_a_trial_agrees_over_time_and_in_its_effect(compared):
    found = compared("trial", "trial twin", LONG)

    assert closeness(found)["over time"] > 0.8
    assert closeness(found)["treatment effect"] == 1
    assert found.verdict.words[0].startswith("Faithful")
    grid = next(each for each in found.fidelity if each.name == "treatment effect").grids[0]
    row = dict(zip(grid.head, grid.rows[0], strict=True))
    assert grid.title.endswith("Placebo")
    assert row["estimate real"] == pytest.approx(-6, abs=4 * row["SE"])
    assert row["same sign"] == "yes"


def test_one_wrong_effect_among_four_numbers_is_told_and_the_table_is_not_called_faithful(place):
    paths = [
        put(endpoints(trial(170, seed, effect=effect, visits=4), seed), place / f"planted{seed}.parquet")
        for seed, effect in ((1, 0.0), (2, -10.0))
    ]
    found = rowmill.evaluate(*paths, LONG)

    chapter = next(each for each in found.fidelity if each.name == "treatment effect")
    rows = [dict(zip(chapter.grids[0].head, row, strict=True)) for row in chapter.grids[0].rows]
    assert [row["told apart"] for row in rows if row["column"] == "pressure"] == ["yes"]
    assert [row["told apart"] for row in rows if row["column"].startswith("other")] == ["no", "no"]
    assert chapter.headlines[0].told
    assert chapter.headlines[0].of == "pressure, Active"
    assert not found.verdict.words[0].startswith("Faithful")
    assert "difference of effects" in found.verdict.words[0]


def endpoints(table, seed):
    """Return a trial with two numbers more that no arm changes."""
    random = np.random.default_rng(seed)
    for name in ("other", "other too"):
        table = table.append_column(name, pa.array(random.normal(50, 10, len(table)).round(1)))
    return table


def test_shuffled_trials_lose_what_subjects_keep_and_visits_have(compared):
    heads = {
        each.metric: each for part in compared("trial", "trial independent", LONG).fidelity for each in part.headlines
    }

    assert heads["difference of within-entity correlation (ICC)"].closeness < 0.3
    assert heads["difference of correlation with the next visit"].closeness < 0.3


def test_another_effect_and_another_dropout_are_seen(compared):
    other = {each.metric: each for part in compared("trial", "no effect", LONG).fidelity for each in part.headlines}
    gone = {each.metric: each for part in compared("trial", "carried", LONG).fidelity for each in part.headlines}

    assert other["difference of effects in standard errors"].value > 6
    assert other["difference of mean change from baseline"].closeness < 0.5
    assert gone["dropout distance"].closeness < 0.3


def test_entities_are_split_and_sampled_whole(compared):
    found = compared("trial", "trial twin", LONG)

    assert [side.entities for side in found.sides] == [200, 200]
    assert found.sides[0].sampled > 600


def test_the_same_seed_gives_the_same_report_and_another_one_other_splits(place):
    paths = [put(population(120, seed), place / f"seed{seed}.parquet") for seed in (1, 2)]
    first, again, other = (
        json.dumps(rowmill.evaluate(*paths, Inquiry(resamples=20, seed=seed)).to_json()) for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other


BORING = (
    *("card_scheme", "card_exp_year", "card_exp_month", "user_agent", "latitude", "longitude", "device_id"),
    *("device_type", "ip_address", "local_time_offset", "merchant_country", "is_recurring", "pos_entry_mode"),
)


def test_the_rows_of_payments_agree_in_gaps_order_and_hours_with_another_seed(payments, tmp_path):
    other = tmp_path / "other"
    rowmill.dataset("payments", rows=3_000, seed=4, start="2025-11-01", end="2025-11-04").write(other)
    found = rowmill.evaluate(payments, other, Inquiry(resamples=20, ignored=BORING), table="transactions")

    assert found.inquiry.key == "customer_id"
    assert found.inquiry.time == "event_time"
    heads = {each.metric for part in found.fidelity for each in part.headlines if part.name == "order"}
    assert {"distance of counts", "distance of gaps", "transition distance", "hour profile distance"} <= heads
    assert closeness(found)["order"] > 0.8
    assert "transaction_id" in found.left_out
