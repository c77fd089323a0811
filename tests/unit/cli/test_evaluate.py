"""``rowmill evaluate``: what it says, writes and refuses, and with which exit code."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from rowmill.cli import main
from support.twins import population, put, shuffled

HOSTILE = "<script>alert(1)</script>=cmd|'/c calc'!A1\x1b[2J\u202e"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluate")
    put(population(120, 1), folder / "real.parquet")
    put(population(120, 2), folder / "twin.parquet")
    put(shuffled(population(120, 1), 2), folder / "shuffled.parquet")
    return folder


def call(place, *words, real="real.parquet", synthetic="twin.parquet"):
    return main(
        ["evaluate", "--real", str(place / real), "--synthetic", str(place / synthetic), "--resamples", "20", *words]
    )


def test_it_says_the_verdict_first_and_each_score_beside_ceiling_and_floor(place, capsys):
    assert call(place, "--out", str(place / "report.html")) == 0
    said = capsys.readouterr().out.splitlines()

    assert said[0].startswith(("Faithful", "Partly faithful"))
    assert any("ceiling" in line and "floor" in line and " to " in line for line in said)
    page = (place / "report.html").read_text("utf-8")
    assert page.index("Verdict") < page.index("Fidelity") < page.index("Privacy")
    assert "http" not in page.replace("http-equiv", "")


def test_a_page_replaces_a_page_and_nothing_else(place, tmp_path, capsys):
    notes = tmp_path / "notes.csv"
    notes.write_text("mine,1\n")

    assert call(place, "--out", str(notes)) == 2

    assert "is there already, and is no page of rowmill's" in capsys.readouterr().err
    assert notes.read_text() == "mine,1\n"
    assert call(place, "--out", str(place / "again.html"), "--quiet") == 0
    assert call(place, "--out", str(place / "again.html"), "--quiet") == 0


def test_a_copy_fails_whatever_its_fidelity_and_independent_columns_fail_by_it(place, capsys):
    assert call(place, "--fail-below", "0.5", "--quiet", synthetic="real.parquet") == 3
    assert "100.0% of the synthetic rows are copies of real ones" in capsys.readouterr().err
    assert call(place, "--fail-below", "0.9", "--json", synthetic="shuffled.parquet") == 3
    printed = capsys.readouterr()
    assert json.loads(printed.out)["verdict"]["fidelity"] < 0.9
    assert "fidelity is " in printed.err


def made(**columns):
    rows = len(next(iter(columns.values())))
    return pa.table({"n": list(range(rows)), **columns})


STRANGE = {
    "one row": (population(1, 2), "the synthetic table has 1 rows; at least 20 are needed"),
    "no row": (population(120, 2)[:0], "the synthetic table has 0 rows; at least 20 are needed"),
    "no common column": (made(other=[1] * 50), "no column in common"),
    "all null": (pa.table({"age": pa.nulls(50)}), None),
    "other types": (pa.table({"age": ["old"] * 50}), "numbers in the real table, texts in the synthetic table"),
    "nested": (pa.table({"age": [[1]] * 50}), "values of type list<"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_cannot_be_compared_is_said_and_never_a_traceback(name, place, capsys):
    table, message = STRANGE[name]
    put(table, place / "strange.parquet")

    code = call(place, synthetic="strange.parquet")

    printed = capsys.readouterr()
    assert code == (0 if message is None else 2)
    assert message is None or message in printed.err
    assert "Traceback" not in printed.err + printed.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--key", "nobody"], "--key 'nobody': the real table has no such column"),
        (["--key", "age", "--time", "age"], "column 'age' is asked for as two things"),
        (["--target", "membr"], "did you mean 'member'"),
        (["--arm", "shop"], "say which column tells them, with --key"),
        (["--out", "nowhere/report.html"], "there is no folder nowhere"),
        (["--fail-below", "2"], "not in the range"),
        (["--table", "x", "--ignore", "age,income,spent,shop,member,visits"], "no column in common"),
        (["--holdout", "nothing.parquet"], "no such file"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_wrong_question_is_refused_in_a_line(words, message, place, capsys):
    assert call(place, *words) == 2
    assert message in capsys.readouterr().err


def test_columns_that_are_constant_or_null_or_of_another_world_are_said_and_the_rest_is_compared(place, capsys):
    real = population(120, 1).append_column("same", pa.array([3] * 120)).append_column("none", pa.nulls(120))
    other = population(120, 2).append_column("same", pa.array([3] * 120)).append_column("none", pa.nulls(120))
    put(real.append_column("extra", pa.array(range(120))), place / "odd real.parquet")
    put(other.set_column(3, "shop", pa.array(["moon"] * 120)), place / "odd.parquet")

    assert call(place, "--json", real="odd real.parquet", synthetic="odd.parquet") == 0
    found = json.loads(capsys.readouterr().out)

    assert found["left_out"]["none"] == "it has no value in any table"
    assert found["left_out"]["extra"] == "not in the synthetic table"
    pairs = next(each for each in found["fidelity"] if each["name"] == "pairs")
    assert any("same is constant in the real table" in line for line in pairs["said"])
    columns = next(each for each in found["fidelity"] if each["name"] == "columns")
    assert columns["headlines"][0]["value"] == 1
    assert any("'moon'" in line for line in columns["said"])


def test_hostile_names_and_texts_are_text_wherever_they_show(place, capsys):
    for name, seed in (("hostile real", 1), ("hostile", 2)):
        table = population(120, seed)
        texts = pa.array([HOSTILE if shop == "web" else shop for shop in table["shop"].to_pylist()])
        put(table.set_column(3, HOSTILE, texts), place / f"{name}.parquet")

    assert call(place, "--out", str(place / "h.html"), real="hostile real.parquet", synthetic="hostile.parquet") == 0
    assert "\x1b" not in capsys.readouterr().out
    assert "<script>alert" not in (place / "h.html").read_text("utf-8")
    assert "&lt;script&gt;alert" in (place / "h.html").read_text("utf-8")


def test_without_scikit_learn_all_else_is_computed_and_its_want_said(place, capsys, monkeypatch):
    monkeypatch.setattr("rowmill.quality.compare.learners.find_spec", lambda _: None)

    assert call(place) == 0
    assert "pip install 'rowmill[quality]'" in capsys.readouterr().out
    assert call(place, "--target", "member") == 2
    assert "pip install 'rowmill[quality]'" in capsys.readouterr().err
