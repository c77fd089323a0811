"""``diff`` and ``verify`` say what they looked at, and neither runs what data names unless it is allowed to."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rowmill.domains.payments import scenarios
from support.books import as_first_form
from support.censuses import people, write_rows
from unit.cli.conftest import Rowmill

SMALL = "generate payments --rows 200 --set data.sizes.customers=20 --workers 1 --quiet"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from rowmill.cli import main

    out = tmp_path_factory.mktemp("looked") / "a"
    assert main([*SMALL.split(), "--seed", "5", "--out", str(out)]) == 0
    return out


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sound, tmp_path / "b")


def test_diff_says_that_it_read_manifests_alone_or_content_too(rowmill: Rowmill, sound: Path, copy: Path) -> None:
    alone, read = rowmill("diff", sound, copy), rowmill("diff --rows", sound, copy)

    assert (alone.code, read.code) == (0, 0)
    assert "by their manifests" in alone.out
    assert "all files present with their sizes; content not read" in alone.out
    assert "content read: transactions, labels, customers, cards, merchants" in read.out


@pytest.mark.parametrize("rows", ["", "--rows"])
def test_diff_finds_a_lost_file(rowmill: Rowmill, sound: Path, copy: Path, rows: str) -> None:
    next(copy.glob("transactions/*")).unlink()
    answer = rowmill(f"diff {rows} {sound} {copy}")
    found = json.loads(rowmill(f"diff --json {rows} {sound} {copy}").out)

    assert answer.code == 3
    assert "promise the same rows, their files do not hold them" in answer.out
    assert "is missing" in answer.out
    assert found["equal"] is False
    assert [(each["side"], each["table"]) for each in found["lost"]] == [("right", "transactions")]
    assert ("transactions" in found["read"]) is False


def test_diff_with_rows_finds_an_edited_amount_in_a_file_of_the_same_size(
    rowmill: Rowmill, sound: Path, copy: Path
) -> None:
    file = next(copy.glob("transactions/*"))
    size = file.stat().st_size
    table = pq.read_table(file)
    field = table.schema.field("amount")
    amounts = table["amount"].to_pylist()
    amounts[3] += 1
    edited = table.set_column(table.schema.get_field_index("amount"), field, pa.array(amounts, field.type))
    pq.write_table(edited, file, store_schema=False)
    _record_size(copy, file, size)
    alone, read = rowmill("diff", sound, copy), rowmill("diff --rows", sound, copy)

    assert alone.code == 0
    assert read.code == 3
    assert read.out.count(": amount ") == 1


def _record_size(out: Path, file: Path, size: int) -> None:
    """Make the manifest say the size that an edited file has: a disk would keep it, a library does not."""
    [manifest] = out.glob("_rowmill/whole/manifest-*.json")
    manifest.write_text(manifest.read_text().replace(f'"bytes": {size}', f'"bytes": {file.stat().st_size}'))


def test_verify_prints_the_digest_of_what_it_read(rowmill: Rowmill, sound: Path, copy: Path) -> None:
    next(copy.glob("labels/*")).unlink()
    whole = json.loads(rowmill("verify --json", sound).out)
    part = json.loads(rowmill("verify --json --table cards", copy).out)
    said = rowmill("verify --table cards", copy)

    assert said.code == 0
    assert part["digest"] != whole["digest"]
    assert part["digest"] in said.err
    assert "not read: transactions, labels, customers, merchants" in said.err
    assert "made again from the spec, and equal" in said.err
    assert "was not looked at" in rowmill("verify --remake none", sound).err


def test_rows_are_matched_where_a_key_is_null(rowmill: Rowmill, tmp_path: Path) -> None:
    for seed in (1, 2):
        line = (
            f"generate vitals --subjects-per-arm 20 --method bootstrap --tables truth --workers 1 --quiet --seed {seed}"
        )
        assert rowmill(line, "--out", tmp_path / str(seed)).code == 0
    found = json.loads(rowmill("diff --rows -n 1000 --json", tmp_path / "1", tmp_path / "2").out)

    assert found["rows"]
    assert {row["only"] for row in found["rows"]} == {None}


def test_rows_of_data_with_a_census_are_read_without_it(rowmill: Rowmill, tmp_path: Path) -> None:
    made = "generate workforce --start 2025 --end 2025 --workers 1 --quiet"
    census = write_rows(tmp_path / "people.csv", people(5))
    for seed in (1, 2):
        assert rowmill(f"{made} --census {census} --seed {seed} --out", tmp_path / str(seed)).code == 0
    answer = rowmill("diff --rows -n 1", tmp_path / "1", tmp_path / "2")

    assert answer.code == 3
    assert "--census" not in answer.err


def test_a_scenario_of_the_users_own_is_imported_where_it_is_allowed_alone(
    rowmill: Rowmill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = textwrap.dedent((scenarios.__doc__ or "").partition("::\n")[2].partition("\nThe spec says")[0])
    (tmp_path / "own_fraud.py").write_text(example)
    monkeypatch.syspath_prepend(tmp_path)
    shares = '{"stolen_credentials": 0.5, "friendly": 0.25, "gift_cards": 0.25}'
    asked = ["--set", 'data.fraud.plugins=["own_fraud:GIFT_CARDS"]', "--set", f"data.fraud.scenarios={shares}"]
    assert rowmill(SMALL, "--seed", 5, *asked, "--out", tmp_path / "out").code == 0

    # What a table looks like is recorded, so its rows are read without the code that made them.
    monkeypatch.delitem(sys.modules, "own_fraud", raising=False)
    assert rowmill("diff --rows", tmp_path / "out", tmp_path / "out").code == 0
    assert "own_fraud" not in sys.modules
    as_first_form(tmp_path / "out")
    for line in ("verify", f"diff --rows {tmp_path / 'out'}"):
        monkeypatch.delitem(sys.modules, "own_fraud", raising=False)
        refused = rowmill(line, tmp_path / "out")
        assert refused.code == 2
        assert "its spec names code of its own ('own_fraud:GIFT_CARDS'" in refused.err
        assert "own_fraud" not in sys.modules
        assert rowmill(f"{line} --allow-plugins", tmp_path / "out").code == 0
    assert rowmill("info", tmp_path / "out").code == 0


@pytest.mark.parametrize(
    "line",
    [
        "profile {0} --json",
        "rules init {0}",
        "validate {0}",
        "evaluate --real {0} --synthetic {0}",
        "drift {0} {0}",
    ],
)
def test_a_line_that_is_not_like_the_header_is_named_by_all_that_read_files(
    rowmill: Rowmill, tmp_path: Path, line: str
) -> None:
    place = tmp_path / "bad.csv"
    place.write_text("id,name\n1,a\n2,b\n2,c,extra\n")

    answer = rowmill(line.format(place))

    assert (answer.code, answer.out) == (2, "")
    assert f"{place}, line 4: got 3 values under a header of 2" in answer.err
