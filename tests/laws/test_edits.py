"""Edit stability: what is added, removed, reordered or set otherwise leaves every other value as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laws.contents import build, every_domain, examples, kept, merged, rows_of
from laws.domains import CASES
from rowmill.domains.registry import domain
from rowmill.model.column_table import ColumnTable
from rowmill.model.columns import Column, ColumnSet, Draw
from rowmill.model.frame import Cells
from rowmill.model.schema import Field

EDITS = [(case, edit) for case in CASES for edit in case.edits]
MADE = [(case, name) for case in CASES for name in case.functions]
GROWTH = [(case, more, catalogs) for case in CASES for more, catalogs in case.growth]


@pytest.mark.parametrize(("case", "edit"), EDITS, ids=[f"{case.name}, {edit.name}" for case, edit in EDITS])
def test_an_edit_changes_what_it_is_about_and_nothing_else(case, edit):
    before, after = kept(case.name, case.base), build(case.name, merged(case.base, edit.change))
    changed = {}
    for table in case.tables:
        old, new = rows_of(before, table), rows_of(after, table)
        assert old.num_rows == new.num_rows
        assert old.schema.names == new.schema.names
        changed[table] = frozenset(name for name in old.schema.names if not old[name].equals(new[name]))

    assert {table: names for table, names in changed.items() if names} == dict(edit.may_change)


@pytest.mark.parametrize(("case", "more", "catalogs"), GROWTH, ids=[f"{case.name}, {more}" for case, more, _ in GROWTH])
def test_an_entity_is_the_same_however_many_there_are(case, more, catalogs):
    before, after = kept(case.name, case.base), build(case.name, merged(case.base, more))

    for table in catalogs:
        few, many = rows_of(before, table), rows_of(after, table)
        assert many.num_rows >= few.num_rows > 0
        assert many.slice(0, few.num_rows).equals(few)


def lucky(draw: Draw) -> Cells:
    """A number that a user adds to every row."""
    return Cells((draw() >> np.uint64(60)).astype(np.int8))


def extended(table: ColumnTable, name: str) -> ColumnTable:
    """Return a table with a user's column, and the columns made in another order."""
    more = table.with_column(Column.of(Field(name, "int8", "Lucky number."), lucky))
    turned = sorted(more.columns.columns, key=lambda column: column.yields, reverse=True)
    columns = ColumnSet(name, more.columns.inputs, turned)
    fields = {field.name: field for field in more.schema.fields}
    return replace(
        more, columns=columns, schema=replace(more.schema, fields=tuple(fields[f.name] for f in columns.fields))
    )


@pytest.mark.parametrize(("case", "name"), MADE, ids=[f"{case.name}, {name}" for case, name in MADE])
def test_a_user_s_column_and_another_order_of_columns_change_no_other(case, name):
    dataset = kept(case.name, case.base)
    table = dataset.tables[name]
    plain = rows_of(dataset, name)

    added = rows_of(_with(dataset, name, extended(table, "lucky")), name)
    renamed = rows_of(_with(dataset, name, extended(table, "second")), name)

    assert added.schema.names == sorted([*plain.schema.names, "lucky"], reverse=True)
    assert added.select(plain.schema.names).equals(plain)
    assert len(added["lucky"].unique()) > 12
    assert pc.mean(pc.equal(added["lucky"], renamed["second"])).as_py() < 0.2


def _with(dataset, name, table):
    return replace(dataset, tables={**dataset.tables, name: table})


@every_domain
@examples(4)
@given(data=st.data())
def test_an_equal_spec_is_an_equal_dataset_and_another_seed_another_one(case, data):
    fields = dict(case.base)
    other = fields | {"seed": data.draw(st.integers(0, 2**63 - 1).filter(lambda seed: seed != fields["seed"]))}
    first, again, second = (build(case.name, chosen) for chosen in (fields, fields, other))

    assert first.fingerprint == again.fingerprint != second.fingerprint
    for table in case.tables:
        rows, fresh = rows_of(first, table), pl.DataFrame(pl.from_arrow(rows_of(second, table)))
        assert rows.equals(rows_of(again, table))
        if table in case.seedless:
            assert fresh.equals(pl.DataFrame(pl.from_arrow(rows)))
            continue
        old = pl.DataFrame(pl.from_arrow(rows))
        shared = old.join(fresh, on=old.columns, how="semi", nulls_equal=True)
        assert shared.height <= old.height // 100


@every_domain
def test_the_order_of_keys_in_a_spec_changes_nothing(case):
    def turned(value):
        return {k: turned(v) for k, v in reversed(value.items())} if isinstance(value, dict) else value

    found = domain(case.name)
    spec = found.spec_type.model_validate(dict(case.base))
    same = found.spec_type.model_validate(turned(spec.model_dump(mode="json")))
    one, other = found.build(spec), found.build(same)

    assert one.fingerprint == other.fingerprint
    for table in case.tables:
        assert rows_of(one, table).equals(rows_of(other, table)), table
