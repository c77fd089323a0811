"""Rules hold of whatever is made: no spec, slice, choice of columns or preset raises an alarm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rowmill
from laws.contents import build, every_domain, examples, folder, land, merged, windows_of
from laws.domains import PAYMENTS, SHIPPED, VITALS
from rowmill.domains.registry import domain
from rowmill.model.dataset import Presets
from rowmill.run.request import Slice
from support.switches import switch

PRESETS = [
    (name, preset)
    for name in ("vitals", "workforce")
    for preset in (domain(name).presets if isinstance(domain(name), Presets) else {})
]
EDITS = [(case, edit) for case in SHIPPED for edit in case.edits]


def alarms(out):
    return [str(failure) for failure in rowmill.validate(out).failures]


@every_domain
@examples(3)
@given(data=st.data())
def test_no_spec_raises_an_alarm_whatever_slice_of_it_is_written(case, data):
    dataset = build(case.name, data.draw(case.specs))
    span = windows_of(dataset, dataset.main)
    first = data.draw(st.integers(span.start, span.stop - 1))
    windows = range(first, data.draw(st.integers(first + 1, span.stop)))
    names = dataset.tables[dataset.main].schema.names
    columns = data.draw(st.none() | st.lists(st.sampled_from(names), min_size=1, unique=True).map(tuple))

    with folder() as out:
        land(dataset, out, Slice(windows if len(span) > 1 else None, columns))
        assert alarms(out) == []


@examples(2)
@given(data=st.data())
def test_nights_of_an_open_period_in_any_order_raise_no_alarm(data):
    dataset = build("payments", data.draw(PAYMENTS.open_specs))

    with folder() as out:
        for night in data.draw(st.lists(st.integers(0, 40), min_size=1, max_size=4, unique=True)):
            land(dataset, out, Slice(range(night, night + 1)))
        assert alarms(out) == []


@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_no_preset_raises_an_alarm(name, preset):
    base = {"subjects_per_arm": 60} if name == "vitals" else {"employees": 100, "end": 2026}
    fields = merged({"seed": 7, **base}, domain(name).presets[preset])

    with folder() as out:
        land(build(name, fields), out)
        assert alarms(out) == []


@pytest.mark.parametrize(
    ("case", "edit"),
    EDITS if switch("ROWMILL_FAULTS") else EDITS[:1],
    ids=lambda each: each.name,
)
def test_no_edit_of_a_spec_raises_an_alarm(case, edit):
    with folder() as out:
        land(build(case.name, merged(case.base, edit.change)), out)
        assert alarms(out) == []


def test_a_trial_of_two_fifths_who_stay_raises_no_alarm():
    with folder() as out:
        land(build("vitals", VITALS.fixed[0]), out)
        assert alarms(out) == []
