"""The five tables: each column alone is what it is in the whole, costs only what it needs, and tells its lineage."""

from __future__ import annotations

import pytest

from laws.contents import build
from rowmill.domains.payments.people import BlockPeople

SPEC = {"seed": 4, "rows": 4000, "fraud_rate": 0.05, "sizes": {"customers": 300, "merchants": 200}}
TABLES = ("transactions", "labels", "customers", "cards", "merchants")


def frame(table, columns=None):
    """Return the first tile of a table."""
    return next(iter(table.tiles(0, range(1), columns))).frame


@pytest.mark.parametrize("name", TABLES)
def test_a_column_alone_is_what_it_is_in_the_whole(name):
    table = build("payments", SPEC).tables[name]
    whole = frame(table)

    assert tuple(whole) == table.schema.names
    for column in table.schema.names:
        alone = frame(table, [column])
        assert list(alone) == [column]
        assert alone[column].values.tolist() == whole[column].values.tolist()
        assert (alone[column].nulls is None) == (whole[column].nulls is None)


@pytest.mark.parametrize(
    ("name", "column"), [("cards", "customer_id"), ("cards", "card_exp_year"), ("labels", "is_fraud")]
)
def test_a_column_that_needs_no_card_number_makes_none(name, column, monkeypatch):
    table = build("payments", SPEC).tables[name]
    whole = frame(table)[column].values.tolist()
    monkeypatch.setattr(BlockPeople, "pans", None)

    assert frame(table, [column])[column].values.tolist() == whole
    with pytest.raises(TypeError):
        frame(build("payments", SPEC).tables["cards"], ["last4"])


@pytest.mark.parametrize("name", TABLES)
def test_every_column_tells_what_it_is_made_from(name):
    table = build("payments", SPEC).tables[name]
    lineage = table.lineage()

    assert set(table.schema.names) <= set(lineage)
    known = set(lineage) | table.columns.inputs
    assert all(need in known for needs in lineage.values() for need in needs)
    assert all(lineage[column] for column in table.schema.names)
