"""Lineage of the workforce tables: what columns are made from, back to the steps of a year."""

from __future__ import annotations

import pytest

import rowmill

DATA = rowmill.dataset("workforce", seed=1, employees=200, start=2025, end=2026)


@pytest.mark.parametrize("table", ["events", "snapshots", "census"])
def test_every_column_says_what_it_is_made_from(table):
    lineage = DATA[table].lineage()

    for field in DATA[table].schema.fields:
        assert lineage[field.name], field.name


def test_columns_name_what_they_are_made_from():
    events, snapshots, census = (DATA[name].lineage() for name in ("events", "snapshots", "census"))

    assert set(events["merit_rate"]) == {"career", "order"}
    assert set(events["final_pay_date"]) == {"days", "left", "order"}
    assert set(events["event_id"]) == {"parameters", "days", "before", "order"}
    assert snapshots["employer_match"] == ("paid",)
    assert set(census["compensation"]) == {"census", "rows"}


def test_what_a_year_gives_is_made_by_steps_that_come_before():
    lineage = DATA["snapshots"].lineage()

    assert set(lineage["saving"]) == {"parameters", "days", "draws", "before", "left", "jan1"}
    names = list(lineage)
    for name, needs in lineage.items():
        assert all(names.index(need) < names.index(name) for need in needs if need in lineage), name


def test_a_projection_makes_what_it_needs_alone():
    events = DATA["events"].rule
    columns = events.columns

    assert "happened" in columns.needed(["event_type"])
    assert not {"why_saving", "career", "whose"} & (columns.needed(["employee_age"]) - columns.needed(["event_id"]))
    [tile] = events.tiles(0, range(1), ["employee_age"])
    assert list(tile.frame) == ["employee_age"]
