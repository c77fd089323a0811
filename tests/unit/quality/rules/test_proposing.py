"""Proposed rules hold of what they were proposed from, and say what a person would."""

from __future__ import annotations

import duckdb
import pytest

import rowmill
from rowmill.cli import main
from rowmill.quality.rules.proposing import proposed
from rowmill.quality.rules.writing import read_rules
from rowmill.quality.sources.finding import source


def test_types_ranges_lists_and_keys_are_proposed(tmp_path):
    place = tmp_path / "people.parquet"
    duckdb.sql(
        """SELECT range AS id, 'P' || range AS code, ['red', 'blue'][1 + range % 2] AS colour, range % 90 AS age,
                  CASE WHEN range > 3 THEN range / 7 END AS share, DATE '2025-01-01' AS day, range % 2 = 0 AS even
           FROM range(1000)"""
    ).write_parquet(str(place))

    rules = proposed(source(place)).tables["people"]

    assert rules.primary_key == ("id",)
    assert rules.unique == (("code",),)
    assert rules.columns["colour"].values == ("blue", "red")
    assert (rules.columns["age"].minimum, rules.columns["age"].maximum) == (0, 89)
    assert [name for name, rule in rules.columns.items() if rule.nullable] == ["share"]
    assert {name: rule.type for name, rule in rules.columns.items()} == {
        "id": "int64", "code": "string", "colour": "enum", "age": "int64", "share": "float64", "day": "date",
        "even": "bool",
    }  # fmt: skip


@pytest.mark.parametrize("content", ["a,b\n", 'a\n""\n', "a,b\n1,2\n1,2\n", 'é,"x,y"\n1,=cmd()\n'])
def test_what_is_proposed_holds_of_what_it_was_proposed_from(content, tmp_path):
    place = tmp_path / "odd.csv"
    place.write_text(content, "utf-8")

    assert main(["rules", "init", str(place), "--out", str(tmp_path / "rules.yaml")]) == 0
    assert rowmill.validate(place, rules=tmp_path / "rules.yaml").ok


def test_a_destination_of_ours_keeps_what_its_rows_propose(payments):
    book = proposed(source(payments))

    assert set(book.tables) == {"transactions", "labels", "customers", "cards", "merchants"}
    assert book.tables["transactions"].primary_key == ("transaction_id",)
    report = rowmill.validate(payments, rules=book)
    assert [str(failure) for failure in report.failures] == []


def test_a_file_that_is_there_is_not_written_over(payments, tmp_path, capsys):
    (tmp_path / "mine.yaml").write_text("tables: {}\n")

    assert main(["rules", "show", "vitals", "--out", str(tmp_path / "mine.yaml")]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["rules", "show", str(payments), "--out", str(tmp_path / "known.yaml")]) == 0
    assert read_rules(tmp_path / "known.yaml").tables["labels"].foreign_keys
