"""Law: what a schema declares is true of the rows: values, keys, and the rows that foreign keys name."""

from __future__ import annotations

import re

import duckdb
import pytest

from laws.contents import kept, rows_of
from laws.domains import CASES
from rowmill.model.export import render
from rowmill.model.schema import Schema, linked

SPECS = [(case.name, fields) for case in CASES for fields in (*case.fixed, case.base)]
SPECS.append(("payments", {"seed": 3, "rows": 500, "ids": "uuid"}))
every_spec = pytest.mark.parametrize(
    ("name", "fields"), SPECS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(SPECS)]
)


@every_spec
def test_schemas_are_whole_and_refer_to_one_another(name, fields):
    schemas = [table.schema for table in kept(name, fields).tables.values()]

    linked(schemas)
    for schema in schemas:
        assert Schema.from_json(schema.to_json()) == schema
        assert all(field.values for field in schema.fields if field.type == "enum")
        assert all(field.meaning.strip() for field in schema.fields)


@every_spec
def test_a_database_takes_all_rows_in_the_order_of_the_printed_tables(name, fields):
    dataset = kept(name, fields)
    statements = render([table.schema for table in dataset.tables.values()], "sql")
    order = re.findall(r'CREATE TABLE "(\w+)"', statements)

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(statements)
        for table in order:
            connection.register("made", rows_of(dataset, table))
            connection.execute(f'INSERT INTO "{table}" FROM made')
            connection.unregister("made")
        for table in order:
            schema = dataset.tables[table].schema
            key = ", ".join(f'"{column}"' for column in schema.row_key)
            groups = f'SELECT count(*), (SELECT count(*) FROM (SELECT DISTINCT {key} FROM "{table}")) FROM "{table}"'
            rows, distinct = connection.execute(groups).fetchone()
            assert rows == distinct, table
            for link in schema.foreign_keys:
                present = " AND ".join(f'"{column}" IS NOT NULL' for column in link.columns)
                pairs = zip(link.columns, link.references, strict=True)
                same = " AND ".join(f'l."{one}" = r."{other}"' for one, other in pairs)
                anti = f'FROM (FROM "{table}" WHERE {present}) l ANTI JOIN "{link.table}" r ON {same}'
                assert connection.execute(f"SELECT count(*) {anti}").fetchone() == (0,), link
    assert sorted(order) == sorted(dataset.tables)
