"""Blocks fold over years: whoever asks for what in whichever order gets the same rows, and each year is made once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rowmill.core.errors import SpecError
from rowmill.domains.registry import domain
from rowmill.domains.workforce import simulation
from support.workforce_rows import rows_of

FIELDS = {"seed": 4, "employees": 300, "block_employees": 100, "start": 2025, "end": 2028}


def dataset(**fields):
    family = domain("workforce")
    return family.build(family.spec_type.model_validate(FIELDS | fields))


@settings(max_examples=10)
@given(st.lists(st.tuples(st.sampled_from(["events", "snapshots"]), st.integers(0, 3), st.integers(1, 4)), max_size=6))
def test_rows_do_not_depend_on_what_was_asked_for_before(asked):
    fresh, used = dataset(), dataset()
    for name, first, count in asked:
        windows = range(first, min(first + count, 4))
        whole = rows_of(fresh, name).to_pylist()
        expected = [row for row in whole if row["simulation_year"] - 2025 in windows]
        found = rows_of(used, name, windows).to_pylist()
        assert sorted(found, key=str) == sorted(expected, key=str)


def test_events_and_snapshots_of_a_block_are_made_from_one_pass(monkeypatch):
    made = []
    simulate = simulation.simulate

    def noted(p, days, people, places, exits):
        made.append((places.block, days.year))
        return simulate(p, days, people, places, exits)

    monkeypatch.setattr(simulation, "simulate", noted)
    data = dataset()
    for block in range(data.tables["events"].blocks):
        for name in ("events", "snapshots"):
            list(data.tables[name].tiles(block, range(4)))

    assert sorted(made) == [(block, year) for block in range(4) for year in range(2025, 2029)]


def test_what_is_kept_stays_small(monkeypatch):
    monkeypatch.setattr(simulation, "KEPT_YEARS", 150)
    monkeypatch.setattr(simulation, "KEPT_PEOPLE", 150)
    small, usual = dataset(), dataset()

    for name in ("events", "snapshots"):
        assert rows_of(small, name).equals(rows_of(usual, name))
    [scenario] = small.tables["events"].locator.company.scenarios
    assert scenario._made.kept <= 150
    assert len(scenario._states) == 1


def test_scenarios_with_one_tag_are_refused():
    """The names were found by trying: their tags of 20 bits are the same."""
    with pytest.raises(SpecError, match="'scenario 894' and 'scenario 1069' would share event ids; rename one of them"):
        dataset(scenarios=["scenario 894", "scenario 1069"])


def test_a_scenario_changes_no_draw():
    one, two = (rows_of(dataset(scenarios=[name]), "snapshots") for name in ("low", "high"))

    assert one.drop_columns("scenario_id").equals(two.drop_columns("scenario_id"))
