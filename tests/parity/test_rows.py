"""Both engines make the same rows: the symmetric difference of all columns of all events and snapshots is empty."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from rowmill.domains.workforce.sql.engine import inputs_of
from support.parity import CASES
from support.workforce_cases import company, fields
from support.workforce_sql import bulk_tables, differences

PARTS = 8
EACH = -(-CASES // PARTS)
ODD = st.none() | st.integers(0, 2**32 - 1)


@pytest.fixture
def compared():
    """Collect how many rows each case compared; fewer cases than were asked for are no proof."""
    rows = []
    yield rows
    assert len(rows) >= EACH, f"{len(rows)} cases had rows to compare, not {EACH}"


@pytest.mark.parametrize("part", range(PARTS))
@settings(max_examples=EACH, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(values=fields(), odd=ODD)
def test_engines_agree_row_for_row(models, compared, part, values, odd):
    """A spec that cannot be met is no case: another one takes its place."""
    note(f"part {part}")
    made = company(values, odd)
    assume(made is not None)
    bulk = bulk_tables(made)
    assume(all(table.num_rows for table in bulk.values()))
    assert differences(models.rows(inputs_of(made)), bulk) == {}
    compared.append(sum(table.num_rows for table in bulk.values()))


@pytest.mark.parametrize("table", ["events", "snapshots"])
def test_one_cell_is_a_difference(models, table):
    made = company({"seed": 9, "employees": 300, "start": 2025, "end": 2026})
    bulk, found = bulk_tables(made), models.rows(inputs_of(made))
    values = bulk[table]["block"].to_pylist()
    values[len(values) // 2] += 1
    place = bulk[table].column_names.index("block")
    changed = bulk[table].set_column(place, "block", pa.array(values, pa.int32()))

    assert differences(found, bulk) == {}
    assert differences(found, {**bulk, table: changed}) == {table: (1, 1, True)}


def another_constant(sql):
    return sql.replace("2146121005", "2146121007")


@pytest.fixture(scope="module")
def other_models(prepared):
    return prepared(another_constant)


@settings(max_examples=3)
@given(values=fields())
def test_one_constant_of_the_macro_changes_sql_alone(models, other_models, values):
    growth = {"termination_rate": 0.2, "most_hires": 10.0}
    made = company({**values, "employees": 500, "block_employees": 200, "growth": growth})
    before, inputs = bulk_tables(made), inputs_of(made)
    found = differences(other_models.rows(inputs), before)

    assert set(found) == {"events", "snapshots"}
    assert all(min(one, other) > 0 for one, other, _ in found.values())
    assert bulk_tables(made) == before
    assert differences(models.rows(inputs), before) == {}
