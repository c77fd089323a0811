"""Lineage of the workforce tables: what the columns' functions read while they make rows, told by nobody's hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pytest

import rowmill
from rowmill.domains.workforce.rows.lineage import columns_from, steps

DATA = rowmill.dataset("workforce", seed=1, employees=200, start=2025, end=2026)


@dataclass(frozen=True, slots=True)
class Pay:
    before: int
    after: int

    def rise(self):
        return self.after - self.before


class Person:
    def __init__(self):
        self.pay, self.level, self._place = Pay(3, 5), 2, 7

    @cached_property
    def senior(self):
        return self.level > 1

    @property
    def place(self):
        return self._place


def test_what_a_function_reads_is_what_it_is_made_from():
    functions = {
        "rise": lambda person: person.pay.rise(),
        "seniors_pay": lambda person: person.pay.after if person.senior else 0,
        "constant": lambda person: person.place,
    }

    assert columns_from(Person(), functions) == {
        "rise": ("pay.after", "pay.before"),
        "seniors_pay": ("level", "pay.after"),
        "constant": (),
    }


@pytest.mark.parametrize("table", ["events", "snapshots", "census"])
def test_every_column_has_a_lineage(table):
    lineage = DATA[table].lineage()

    told = {"scenario_id", "plan_design_id", "parameter_scenario_id", "parameter_source", "employee_ssn"}
    told |= {"block", "employee_number"} if table == "census" else set()
    for field in DATA[table].schema.fields:
        assert field.name in lineage or field.name in told
        assert lineage.get(field.name) or field.name in told, field.name


def test_columns_name_what_they_are_made_from():
    events, snapshots, census = (DATA[name].lineage() for name in ("events", "snapshots", "census"))

    assert set(events["merit_rate"]) == {"career.merit", "row", "kind"}
    assert {"left.index", "days.month_start"} <= set(events["final_pay_date"])
    assert {"left.leaves", "saving.enrollment.rows", "before.number"} <= set(events["event_id"])
    assert snapshots["employer_match"] == ("paid.match",)
    assert set(snapshots["pre_tax_contribution"]) == {"paid.employee", "paid.roth"}
    assert census["compensation"] == ("census.pay_cents",)
    assert {"parameters", "draws", "before", "left"} <= set(steps()["saving"])
