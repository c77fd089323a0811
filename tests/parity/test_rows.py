"""Both engines make the same rows: the symmetric difference of all columns of all events and snapshots is empty."""

from __future__ import annotations

import os

import pytest
from hypothesis import event, given, note, settings
from hypothesis import strategies as st

from rowmill.domains.workforce.sql.engine import inputs_of
from support.workforce_cases import company, fields
from support.workforce_sql import MODELS, bulk_tables, differences

PARTS = 8
CASES = int(os.environ.get("ROWMILL_PARITY_CASES", "200"))
ODD = st.none() | st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("part", range(PARTS))
@settings(max_examples=-(-CASES // PARTS))
@given(values=fields(), odd=ODD)
def test_engines_agree_row_for_row(compiled, part, values, odd):
    note(f"part {part}")
    made = company(values, odd)
    if made is None:
        event("refused")
        return
    with compiled.run(inputs_of(made), *MODELS.values()) as sql:
        assert differences(sql, bulk_tables(made)) == {}


def another_constant(sql):
    return sql.replace("2146121005", "2146121007")


@settings(max_examples=3)
@given(values=fields())
def test_one_constant_of_the_macro_changes_sql_alone(compiled, values):
    made = company({**values, "employees": 500, "growth": {"termination_rate": 0.2, "most_hires": 10.0}}, None)
    before = bulk_tables(made)
    with compiled.run(inputs_of(made), *MODELS.values(), changed=another_constant) as sql:
        found = differences(sql, before)

    assert set(found) == {"events", "snapshots"}
    assert all(min(one, other) > 0 for one, other, _ in found.values())
    assert bulk_tables(made) == before
    with compiled.run(inputs_of(made), *MODELS.values()) as sql:
        assert differences(sql, before) == {}
