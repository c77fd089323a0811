"""Exports hold what the rules say, run nothing that the data say, and write over nothing."""

from __future__ import annotations

import ast
import json

import duckdb
import pytest
import yaml

from rowmill.cli import main
from rowmill.core.errors import UsageError
from rowmill.quality.exports.exporting import EXPORTS, export_rules
from rowmill.quality.rules.writing import rules_of

HOSTILE = "'); import os #\"\"\"{{ env_var('HOME') }}{% raw %}`\\"


@pytest.mark.parametrize("tool", EXPORTS)
def test_what_a_tool_has_no_words_for_is_told(tool, payments):
    export = export_rules(payments, tool)

    told = {line.split(": ")[0] for line in export.left_out}
    assert told == (set() if tool == "dbt" else {"transactions", "labels", "cards"} | told)
    assert all(text.endswith("\n") for text in export.files.values())


def test_a_suite_has_every_column_and_no_row_that_breaks_a_rule(payments):
    suite = json.loads(export_rules(payments, "great-expectations").files["transactions.json"])
    kinds = [each["type"] for each in suite["expectations"]]

    assert kinds.count("expect_column_to_exist") == 24
    conditions = {
        each["meta"]["rule"]: each["kwargs"]["row_condition"]
        for each in suite["expectations"]
        if each["type"] == "expect_column_values_to_be_null"
    }
    assert conditions["cash is never had by a tap"] == (
        "((`channel`.notnull() & (`channel` == 'ATM')) & (`pos_entry_mode`.notnull() & (`pos_entry_mode` == 'NFC')))"
    )


@pytest.mark.parametrize("tool", EXPORTS)
def test_names_of_strangers_are_text_in_every_export(tool, tmp_path):
    place = tmp_path / "t.parquet"
    columns = f"'x' AS \"{HOSTILE.replace(chr(34), chr(34) * 2)}\", 1 AS size"
    duckdb.sql(f"SELECT {columns}").write_parquet(str(place))
    rules = {
        "columns": {HOSTILE: {"values": [HOSTILE], "pattern": "[{]{2}.*"}},
        "rules": [{"name": HOSTILE, "check": 'size > 0 and "' + HOSTILE.replace('"', '""') + '" is not null'}],
        "primary_key": [HOSTILE],
    }

    export = export_rules(place, tool, rules=rules_of({"tables": {"t": rules}}, "test"))

    for name, text in export.files.items():
        if tool == "pandera":
            tree = ast.parse(text)
            assert [node.names[0].name for node in ast.walk(tree) if isinstance(node, ast.Import)] == [
                "datetime", "pandera.polars", "polars",
            ]  # fmt: skip
        elif name.endswith(".json"):
            assert json.loads(text)["expectations"][0]["kwargs"]["column"] == HOSTILE
        elif name.endswith(".yml"):
            (table,) = yaml.safe_load(text)["sources"][0]["tables"]
            assert table["columns"][0]["name"] == HOSTILE
            assert "{{ env_var" not in json.dumps(table["data_tests"])


def test_the_command_writes_over_nothing(payments, tmp_path, capsys):
    words = ["rules", "export", str(payments), "--to", "pandera", "--out", str(tmp_path / "rules.py")]

    assert main(words) == 0
    assert "left out: cards: (customer_id)" in capsys.readouterr().err
    assert main(words) == 2
    assert "is there already" in capsys.readouterr().err
    with pytest.raises(UsageError, match="did you mean 'pandera'"):
        export_rules(payments, "panderas")
