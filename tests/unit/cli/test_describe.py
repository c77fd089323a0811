"""``config``, ``schema``, ``explain`` and ``preview``: what a user reads before making anything."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import duckdb
import pytest
import yaml

from rowmill.cli.grid import bands, cell
from rowmill.domains.registry import DOMAINS, domain
from unit.cli.conftest import Rowmill

MODELS = {name: domain(name).build(domain(name).spec_type(seed=0)) for name in DOMAINS}
TABLES = [(name, table) for name, model in MODELS.items() for table in model.tables]
every_domain = pytest.mark.parametrize("name", DOMAINS)


@every_domain
def test_the_printed_configuration_makes_the_default_data(rowmill: Rowmill, tmp_path: Path, name: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(rowmill(f"config {name}").out)

    args = f"preview {name} -n 3 --seed 1 --format csv"
    assert rowmill(args, "--config", file).out == rowmill(args).out


def test_the_printed_configuration_shows_what_is_set(rowmill: Rowmill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROWMILL_RUN__WORKERS", "3")
    printed = yaml.safe_load(rowmill("config payments --set data.fraud_rate=0.5").out)

    assert (printed["data"]["fraud_rate"], printed["run"]["workers"]) == (0.5, 3)


def test_the_json_schema_is_one(rowmill: Rowmill) -> None:
    schema = json.loads(rowmill("config payments --format json-schema").out)

    assert schema["$defs"]["PaymentsSpec"]["properties"]["fraud_rate"]["maximum"] == 1


@pytest.mark.parametrize(("name", "table"), TABLES)
def test_every_form_of_a_schema_names_every_column(rowmill: Rowmill, name: str, table: str) -> None:
    names = MODELS[name].tables[table].schema.names
    for form in ("yaml", "json-schema", "sql", "markdown"):
        printed = rowmill(f"schema {name} --table {table} --format {form}")
        assert printed.code == 0
        assert all(column in printed.out for column in names)


@every_domain
def test_all_tables_are_one_document(rowmill: Rowmill, name: str) -> None:
    documents = list(yaml.safe_load_all(rowmill(f"schema {name}").out))
    together = json.loads(rowmill(f"schema {name} --format json-schema").out)
    tables = list(MODELS[name].tables)

    assert [document["table"] for document in documents] == tables
    assert list(together) == tables
    with duckdb.connect() as connection:
        connection.execute(rowmill(f"schema {name} --format sql").out)
        assert len(connection.execute("SHOW TABLES").fetchall()) == len(tables)


def test_a_schema_follows_the_spec(rowmill: Rowmill) -> None:
    form = "schema payments --table transactions --format json-schema"
    plain, uuid = (json.loads(rowmill(f"{form} {more}").out) for more in ("", "--set data.ids=uuid"))

    types = [document["properties"]["transaction_id"]["type"] for document in (plain, uuid)]
    assert types == ["integer", "string"]


@every_domain
def test_explain_names_every_column_and_what_it_is_made_from(rowmill: Rowmill, name: str) -> None:
    model = MODELS[name]
    printed = rowmill(f"explain {name} --table {model.main}").out

    assert all(f"\n  {column}  (" in printed for column in model.tables[model.main].schema.names)
    assert "\n      from " in printed
    assert rowmill(f"explain {name}").out.count("\n\n") == len(model.tables) - 1


def test_explain_of_a_column_has_its_steps_with_their_words_and_what_keys_name(rowmill: Rowmill) -> None:
    amount = rowmill("explain payments --table transactions --column amount").out
    owner = rowmill("explain payments --column customer_id").out

    assert "  amount  (int64" in amount
    assert "  event_time  (" not in amount
    assert "    quarter  from rows\n      Quarter of the UTC day in which the row falls, 0 … 95." in amount
    assert "names a row by customers.customer_id" in owner
    assert [line for line in owner.splitlines() if line[:1].isalpha()] == [
        "transactions", "labels", "customers", "cards",
    ]  # fmt: skip


def test_explain_of_a_column_that_is_not_there_names_the_nearest(rowmill: Rowmill) -> None:
    answer = rowmill("explain payments --column amuont --column nothing")

    assert answer.code == 2
    assert "column 'amuont': unknown in transactions, labels, customers, cards, merchants; did you mean 'amount'?" in (
        answer.err
    )
    assert "column 'nothing': unknown" in answer.err


def test_a_preview_is_the_first_rows_in_every_form(rowmill: Rowmill) -> None:
    args = "preview payments -n 4 --rows 500 --seed 3 --columns amount,transaction_id,event_time --format"
    aligned, text, objects = (rowmill(f"{args} {form}").out for form in ("table", "csv", "json"))

    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == ["amount", "transaction_id", "event_time"]
    assert [str(json.loads(line)["transaction_id"]) for line in objects.splitlines()] == [
        r["transaction_id"] for r in rows
    ]
    assert len(rows) == 4
    assert all(row["transaction_id"] in line for row, line in zip(rows, aligned.splitlines()[1:], strict=True))


def test_a_preview_shows_catalogs_days_and_open_periods(rowmill: Rowmill) -> None:
    customers = rowmill("preview payments -n 2 --rows 500 --seed 3 --table customers --format json").out
    day = rowmill("preview payments -n 1 --rows 5000 --seed 3 --date 2025-11-09 --format json").out
    open_one = rowmill("preview payments -n 1 --rows-per-day 50 --start 2024-02-29 --seed 3 --format json").out

    assert len(customers.splitlines()) == 2
    assert json.loads(day)["event_time"].startswith("2025-11-09")
    assert json.loads(open_one)["event_time"].startswith("2024-02-29")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("preview payments --seed 1 --table transactons", "table 'transactons': unknown in payments; did you mean"),
        (
            "preview payments --seed 1 --columns amout",
            "column 'amout': unknown in transactions; did you mean 'amount'?",
        ),
        ("preview payments --seed 1 --date 2025-12-01", "date 2025-12-01: outside the period"),
        ("schema payments --table nope", "table 'nope': unknown in payments; known: cards, customers"),
        ("explain payments --table nope", "table 'nope': unknown in payments"),
        ("config payments --set data.x=1", "data.x: unknown key"),
    ],
)
def test_what_does_not_exist_is_refused(rowmill: Rowmill, line: str, message: str) -> None:
    answer = rowmill(line)

    assert answer.code == 2
    assert answer.err.startswith(f"rowmill: {message}")


def test_bands_fit_the_width_and_lose_nothing() -> None:
    columns = {f"column_{n}": [cell(10**n), cell(None)] for n in range(9)}
    printed = list(bands(columns, 40))

    assert max(len(line) for band in printed for line in band.splitlines()) <= 40
    assert " ".join(band.splitlines()[0] for band in printed).split() == list(columns)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "null"), (True, "true"), (1.5, "1.5"), ("a\n b", "a b"), ("x" * 40, "x" * 31 + "…"), (10**6, "1000000")],
)
def test_a_cell_is_one_short_line(value: object, text: str) -> None:
    assert cell(value) == text
