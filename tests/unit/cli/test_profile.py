"""``rowmill profile``: where the page goes, what it never replaces, and what is said when nothing can be read."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rowmill.api.profile import published_name
from support.pages import html_title, read
from unit.cli.conftest import Rowmill

SMALL = "generate payments --rows 200 --set data.sizes.customers=20 --workers 1 --quiet --seed 5"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from rowmill.cli import main

    out = tmp_path_factory.mktemp("profiled") / "<b>out"
    assert main([*SMALL.split(), "--out", str(out)]) == 0
    return out


def test_a_page_is_written_replaced_and_is_the_same_on_standard_output(
    rowmill: Rowmill, sound: Path, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"

    first = rowmill("profile", sound, "--out", page)
    text = page.read_text("utf-8")
    again, printed = rowmill("profile", sound, "--out", page, "--quiet"), rowmill("profile --quiet --out -", sound)

    assert (first.code, again.code, printed.code) == (0, 0, 0)
    assert first.out == again.out == again.err == printed.err == ""
    assert "5 tables" in first.err
    assert str(page) in first.err
    assert page.read_text("utf-8") == text == printed.out
    assert html_title(read(text)) == f"Profile of {sound}"
    assert not list(tmp_path.glob(".*"))


def test_a_process_says_one_line_and_ends(sound: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rowmill", "profile", sound, "--table", "cards", "--out", tmp_path / "x.html"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (0, "", 1), done.stderr


def test_files_of_others_are_looked_at_by_a_pattern(rowmill: Rowmill, sound: Path, tmp_path: Path) -> None:
    answer = rowmill("profile", sound / "cards" / "*.parquet", "--out", tmp_path / "cards.html")

    assert (answer.code, answer.out) == (0, "")
    assert "1 tables" in answer.err


def test_what_was_found_is_printed_as_json(rowmill: Rowmill, sound: Path) -> None:
    answer = rowmill("profile --json --table cards --table customers", sound)
    found = json.loads(answer.out)

    assert answer.code == 0
    assert [table["name"] for table in found["tables"]] == ["cards", "customers"]
    assert found["relations"][0]["other"] == "customers"
    assert {"path", "tables", "relations", "asked", "findings", "about"} == found.keys()


def test_a_page_is_left_beside_the_data_which_stay_sound(rowmill: Rowmill, sound: Path, tmp_path: Path) -> None:
    out = shutil.copytree(sound, tmp_path / "out")

    answer = rowmill("profile --publish", out)

    assert answer.code == 0
    assert published_name(out) == "profile_200_2025-11-30.html"
    read((out / "profile_200_2025-11-30.html").read_text("utf-8"))
    assert rowmill("verify --quiet", out).code == 0


@pytest.mark.parametrize("place", ["postgresql://nobody@127.0.0.1:1/x", "duckdb:///nothing/x.duckdb", "x.duckdb"])
def test_a_database_has_no_place_for_a_page(rowmill: Rowmill, place: str) -> None:
    answer = rowmill("profile --publish", place)

    assert answer.code == 2
    assert "a database has no place for a page; write it to a file with --out" in answer.err


def test_nothing_but_a_page_is_replaced(rowmill: Rowmill, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,b\n1,2\n")
    other = tmp_path / "other.html"
    other.write_text("<!doctype html>\nmy notes")

    for out, said in (
        (table, "is the file that PATH reads"),
        (other, "is there already, and is no page"),
        (tmp_path, "is a folder"),
        (tmp_path / "no" / "x.html", "there is no folder"),
    ):
        answer = rowmill("profile", table, "--out", out)
        assert (answer.code, said in answer.err) == (2, True), answer.err
    assert table.read_text() == "a,b\n1,2\n"
    assert other.read_text() == "<!doctype html>\nmy notes"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "give --out FILE, --publish or --json"),
        ("--out - --json", "both write to standard output"),
        ("--json --table nothing", "there is no table 'nothing'"),
    ],
)
def test_what_makes_no_sense_is_refused(rowmill: Rowmill, sound: Path, words: str, said: str) -> None:
    answer = rowmill(f"profile {words}", sound)

    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


def test_what_cannot_be_read_is_told_in_a_line(rowmill: Rowmill, sound: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.parquet").write_bytes(b"")
    broken = shutil.copytree(sound, tmp_path / "broken")
    next(broken.glob("cards/*.parquet")).unlink()

    nothing = rowmill("profile --json", tmp_path / "nothing")
    empty = rowmill("profile --json", tmp_path / "empty.parquet")
    lost = rowmill("profile --json", broken)

    assert (nothing.code, empty.code, lost.code) == (2, 2, 3)
    assert "no such file or folder" in nothing.err
    assert "is empty" in empty.err
    assert "is missing" in lost.err
    assert nothing.out == empty.out == lost.out == ""
