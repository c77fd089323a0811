from __future__ import annotations

import datetime as dt
import json

import duckdb
import jsonschema
import pytest
import yaml

from rowmill.core.errors import UsageError
from rowmill.model.export import render
from rowmill.model.schema import Field, ForeignKey, Schema

SCHEMA = Schema(
    "payments",
    "1.2.0",
    "One row a payment.\n\nSecond paragraph.",
    (
        Field("payment_id", "int64", "Identifier; it's unique.", minimum=0),
        Field("at", "timestamp", "Instant: when it was asked for."),
        Field("scheme", "enum", "Card | scheme.", values=("VISA", "ON", "NO", "O'X")),
        Field("code", "enum", "Code.", nullable=True, values=tuple(str(n) for n in range(4000, 4020)), source="ISO"),
        Field("latitude", "float64", "North.", nullable=True, minimum=-90, maximum=90, unit="degree"),
        Field("ip", "string", "Address.", nullable=True, pattern=r"\d+\.\d+"),
        Field("fraud", "bool", "Truth."),
        Field("day", "date", "Day."),
        Field("payload", "json", "Payload.", nullable=True),
        Field("offset", "int16", "Offset.", minimum=-720, maximum=840, unit="minutes"),
        Field("month", "int8", "Month.", minimum=1, maximum=12),
        Field("year", "int32", "Year."),
        Field("customer_id", "int64", "Who."),
    ),
    ("payment_id",),
    "at",
    (ForeignKey(("customer_id",), "customers", ("customer_id",)),),
)
RECORD = {
    "payment_id": 1,
    "at": "2025-11-01T00:00:00Z",
    "scheme": "VISA",
    "code": "4003",
    "latitude": 51.5,
    "ip": "1.2",
    "fraud": False,
    "day": "2025-11-01",
    "payload": None,
    "offset": -60,
    "month": 2,
    "year": 2025,
    "customer_id": 9,
}
WRONG = [
    ("payment_id", -1),
    ("payment_id", None),
    ("payment_id", "x"),
    ("scheme", "AMEX"),
    ("code", "9999"),
    ("latitude", 91.0),
    ("offset", 900),
    ("month", 0),
]
"""A cell that breaks a rule of the schema, which every form that checks must refuse."""


def test_yaml_holds_the_whole_declaration_in_order():
    got = yaml.safe_load(render([SCHEMA], "yaml"))

    assert list(got) == ["table", "version", "description", "primary_key", "event_time", "foreign_keys", "fields"]
    assert (got["version"], got["primary_key"], got["event_time"]) == ("1.2.0", ["payment_id"], "at")
    assert got["foreign_keys"] == [{"columns": ["customer_id"], "table": "customers", "references": ["customer_id"]}]
    assert [field["name"] for field in got["fields"]] == list(SCHEMA.names)
    for shown, field in zip(got["fields"], SCHEMA.fields, strict=True):
        assert tuple(shown.get("domain", ())) == (field.values or ())
        assert [shown.get(k) for k in ("minimum", "maximum", "unit", "pattern", "source", "nullable", "meaning")] == [
            field.minimum, field.maximum, field.unit, field.pattern, field.source, field.nullable, field.meaning,
        ]  # fmt: skip


def test_yaml_types_are_the_plain_words_beside_the_exact_ones():
    types = [(field["dtype"], field["type"]) for field in yaml.safe_load(render([SCHEMA], "yaml"))["fields"]]

    assert types[:5] == [
        ("int", "int64"),
        ("datetime", "timestamp[us, tz=UTC]"),
        ("enum", "string"),
        ("enum", "string"),
        ("float", "double"),
    ]
    assert {plain for plain, _ in types} <= {"string", "int", "float", "bool", "datetime", "enum", "date"}


def test_yaml_without_an_event_time_or_links_leaves_them_out():
    plain = Schema("t", "1", "T.", (Field("id", "int64", "Key."),), ("id",))

    assert list(yaml.safe_load(render([plain], "yaml"))) == ["table", "version", "description", "primary_key", "fields"]


@pytest.fixture(scope="module")
def validator():
    document = json.loads(render([SCHEMA], "json-schema"))
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def test_json_schema_accepts_a_right_record_and_its_nulls(validator):
    validator.validate(RECORD)
    validator.validate(RECORD | {field.name: None for field in SCHEMA.fields if field.nullable})


@pytest.mark.parametrize(("name", "value"), [*WRONG, ("ip", "abc"), ("fraud", 1), ("year", 20.5), ("colour", "red")])
def test_json_schema_refuses_a_wrong_cell(validator, name, value):
    assert not validator.is_valid(RECORD | {name: value})


@pytest.mark.parametrize("name", RECORD)
def test_json_schema_asks_for_every_field(validator, name):
    assert not validator.is_valid({k: v for k, v in RECORD.items() if k != name})


@pytest.fixture
def table():
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(render([SCHEMA], "sql"))
    return connection


def insert(connection, record):
    marks = ", ".join("?" * len(record))
    connection.execute(f"INSERT INTO payments VALUES ({marks})", list(record.values()))


def test_sql_makes_a_table_that_takes_a_right_row(table):
    insert(table, RECORD)
    insert(table, RECORD | {"payment_id": 2} | {field.name: None for field in SCHEMA.fields if field.nullable})

    assert table.execute("SELECT count(*), min(day) FROM payments").fetchone() == (2, dt.date(2025, 11, 1))


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_sql_refuses_a_wrong_cell(table, name, value):
    with pytest.raises(duckdb.Error):
        insert(table, RECORD | {name: value})


def test_sql_refuses_a_key_twice(table):
    insert(table, RECORD)
    with pytest.raises(duckdb.ConstraintException, match=r"(?i)primary key"):
        insert(table, RECORD)


def test_sql_keeps_a_key_of_columns_that_may_be_null_and_takes_its_rows():
    keyed = Schema(
        "t", "1", "T.", (Field("a", "int64", "A."), Field("b", "string", "B.", nullable=True)), unique=(("a", "b"),)
    )
    connection = duckdb.connect()
    connection.execute(render([keyed], "sql"))

    connection.execute("INSERT INTO t VALUES (1, NULL), (1, 'x'), (2, NULL)")
    with pytest.raises(duckdb.ConstraintException):
        connection.execute("INSERT INTO t VALUES (1, 'x')")


def test_sql_tells_meaning_unit_and_source_to_the_catalog(table):
    comments = dict(
        table.execute("SELECT column_name, comment FROM duckdb_columns() WHERE comment IS NOT NULL").fetchall()
    )

    assert comments["payment_id"] == "Identifier; it's unique."
    assert comments["offset"] == "Offset. Unit: minutes."
    assert comments["code"] == "Code. Source: ISO."
    assert set(comments) == set(SCHEMA.names)


def test_sql_types_are_as_wide_as_the_arrow_ones(table):
    empty = SCHEMA.arrow().empty_table()
    table.register("empty", empty)
    table.execute("INSERT INTO payments SELECT * FROM empty")
    types = {name: kind for name, kind, *_ in table.execute("DESCRIBE payments").fetchall()}

    assert types["at"] == "TIMESTAMP WITH TIME ZONE"
    assert (types["month"], types["offset"], types["year"], types["payment_id"]) == (
        "INTEGER", "INTEGER", "INTEGER", "BIGINT",
    )  # fmt: skip


def test_markdown_has_a_row_a_field_and_as_many_cells_in_each():
    text = render([SCHEMA], "markdown")
    rows = [line for line in text.splitlines() if line.startswith("|")]

    assert len(rows) == 2 + len(SCHEMA.fields)
    assert {row.replace("\\|", "").count("|") for row in rows} == {9}
    assert "| 3 | `scheme` | enum | no |  | `VISA`, `ON`, `NO`, `O'X` | Card \\| scheme. |  |" in rows
    assert "`4007` and 12 more | Code. | ISO |" in text
    assert "-720 … 840" in text
    assert "- Foreign key: `customer_id` → `customers` (`customer_id`)" in text
    assert "One row a payment. Second paragraph." in text


@pytest.mark.parametrize("form", ["yaml", "json-schema", "sql", "markdown"])
def test_every_form_names_every_field_ends_with_a_line_feed_and_repeats_itself(form):
    text = render([SCHEMA], form)

    assert all(name in text for name in SCHEMA.names)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert render([SCHEMA], form) == text


def test_an_unknown_form_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match=r"schema format 'xml': unknown; known: yaml, json-schema, sql, markdown"):
        render([SCHEMA], "xml")
