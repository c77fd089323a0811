"""Scheduled payments: more of them, or a scenario more, leave the values of all other rows as they were."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from laws.contents import build, merged, rows_of
from rowmill.core.errors import SpecError
from rowmill.domains.payments.scenarios import SCENARIOS
from rowmill.domains.payments.scenarios.draft import FRAUD, LOOK_ALIKE, joined
from rowmill.domains.payments.scenarios.friendly import FRIENDLY
from rowmill.domains.payments.scenarios.scene import Scenario

BASE = {"seed": 6, "rows": 12_000, "fraud_rate": 0.02, "sizes": {"customers": 400, "merchants": 900}}
DIRT = ("device_id", "mcc_code", "latitude", "longitude")
BY_HISTORY = ("previous_txn_id", *DIRT)
"""Columns that depend on other rows: the link, and which rows of a day lose a value."""


def made(**change):
    """Return (transactions with their UTC day, labels) of the base with changes."""
    dataset = build("payments", merged(BASE, change))
    rows, labels = (pl.DataFrame(pl.from_arrow(rows_of(dataset, table))) for table in ("transactions", "labels"))
    return rows.with_columns(day=pl.col("event_time").dt.date()), labels


def changed(before, after, on="transaction_id"):
    """Return the columns in which rows of one id differ, the rows shared, and those of the first alone."""
    both = before.join(after, on=on, how="inner", suffix="_after")
    columns = [c for c in before.columns if c != on and not both[c].eq_missing(both[f"{c}_after"]).all()]
    return columns, both.height, before.height - both.height


@pytest.fixture(scope="module")
def base():
    return made()


@pytest.mark.parametrize("number", [0.0, 9.0])
def test_more_look_alikes_leave_frauds_and_ordinary_rows_as_they_were(base, number):
    rows, labels = base
    more_rows, more_labels = made(fraud={"hard_negatives": number})
    frauds, more_frauds = (table.filter("label_fraud") for table in (rows, more_rows))
    ordinary, more_ordinary = (
        table.join(truth, on="transaction_id", how="anti") for table, truth in (base, (more_rows, more_labels))
    )
    by_day = ["card_pan_hash", "day"]
    alike = ordinary.group_by(by_day).len().join(more_ordinary.group_by(by_day).len(), on=[*by_day, "len"])
    kept = ordinary.join(alike, on=by_day, how="semi")

    assert labels.filter("is_fraud").equals(more_labels.filter("is_fraud"))
    columns, shared, lost = changed(frauds, more_frauds)
    assert (shared, lost) == (240, 0)
    assert set(columns) <= set(BY_HISTORY)
    columns, shared, lost = changed(kept, more_ordinary)
    assert shared > rows.height / 3
    assert lost == 0
    assert set(columns) <= set(BY_HISTORY)


def test_another_rate_of_frauds_leaves_the_look_of_their_episodes(base):
    _, labels = base
    _, more = made(fraud_rate=0.03)
    both = labels.filter("is_fraud").join(more, on="transaction_id", suffix="_after")

    assert both.height > 0.9 * labels["is_fraud"].sum()
    assert (both["scenario"] == both["scenario_after"]).all()
    assert (both["event_time"] == both["event_time_after"]).mean() > 0.9


def parcel_plan(scene, frauds, look_alikes, free):  # noqa: ARG001
    drafts = []
    for role, rows in ((FRAUD, frauds), (LOOK_ALIKE, look_alikes)):
        bought = scene.episodes(role, rows, (1, 2))
        owner = scene.victims(len(bought))
        kind = scene.kinds(f"kind {role}", bought.of_row, {"marketplace": 1.0})
        card = owner[bought.of_row]
        time = scene.pace(f"order {role}", scene.starts(f"order {role}", owner, restless=0.0), bought, (60.0, 1.0))
        drafts.append(scene.draft(role, bought, card, time, kind, scene.online(f"shop {role}", card, kind, abroad=0.2)))
    return joined(drafts)


PARCEL = Scenario("parcel", 24, range(24, 32), parcel_plan, "gift", report_factor=0.5)


def test_a_user_s_scenario_without_weight_changes_nothing(base, monkeypatch):
    monkeypatch.setitem(SCENARIOS, PARCEL.name, PARCEL)
    rows, labels = made(fraud={"scenarios": {**default_weights(), "parcel": 0.0}})

    assert rows.equals(base[0])
    assert labels.equals(base[1])


def default_weights():
    return dict(build("payments", BASE).spec.fraud.scenarios)


def test_a_user_s_scenario_shares_the_frauds_and_leaves_the_rows_of_others(base, monkeypatch):
    monkeypatch.setitem(SCENARIOS, PARCEL.name, PARCEL)
    rows, labels = made(fraud={"scenarios": {**default_weights(), "parcel": 0.25}})
    mine = labels.filter(pl.col("scenario") == "parcel")
    others = labels.filter((pl.col("scenario") != "parcel") & pl.col("is_fraud"))
    sizes = [table.filter("is_fraud").group_by("episode_id").len() for table in (labels, base[1])]
    whole = others.join(sizes[0].join(sizes[1], on=["episode_id", "len"]), on="episode_id", how="semi")

    assert labels["is_fraud"].sum() == rows["label_fraud"].sum() == 240
    assert abs(mine["is_fraud"].sum() - 240 * 0.25 / 1.25) <= 2
    assert set(mine["hard_negative"].drop_nulls().unique()) == {"gift"}
    assert mine["transaction_id"].is_in(rows["transaction_id"].implode()).all()
    assert whole.height > 0.9 * others.height
    assert whole.join(base[1], on=labels.columns, how="anti", nulls_equal=True).height == 0
    columns, shared, lost = changed(rows.join(whole, on="transaction_id", how="semi"), base[0])
    assert lost == 0
    assert shared == whole.height
    assert set(columns) <= set(BY_HISTORY)


@pytest.mark.parametrize(
    ("plan", "rule"),
    [
        (lambda scene, n, m, free: parcel_plan(scene, n + 1, m, free), "asked for"),
        (lambda scene, n, m, free: parcel_plan(scene, n, m - 1, free), "asked for"),
        (lambda scene, n, m, free: _far(parcel_plan(scene, n, m, free), "episode", 1 << 19), "episodes"),
        (lambda scene, n, m, free: _far(parcel_plan(scene, n, m, free), "place", 32), "at most 32"),
    ],
    ids=["frauds", "look-alikes", "episodes", "places"],
)
def test_a_user_s_scenario_that_breaks_a_promise_is_refused(plan, rule, monkeypatch):
    monkeypatch.setitem(SCENARIOS, PARCEL.name, replace(PARCEL, plan=plan))

    with pytest.raises(SpecError, match=rule):
        made(fraud={"scenarios": {"parcel": 1.0}})


def _far(draft, name, by):
    return replace(draft, **{name: getattr(draft, name) + by})


def test_more_frauds_than_identities_are_refused():
    weights = {"scenarios": {FRIENDLY.name: 1.0}}
    fields = {"seed": 5, "rows": 1_500_000, "fraud_rate": 1.0, "sizes": {"customers": 5000}, "fraud": weights}
    dataset = build("payments", fields)

    with pytest.raises(SpecError, match=r"fraud_rate.*customers"):
        next(iter(dataset.tables["transactions"].tiles(0, range(1))))
