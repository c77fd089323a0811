"""``rowmill copy``: what it says, takes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rowmill as library
from rowmill.run.books.manifest import read
from unit.cli.conftest import Rowmill

NIGHT = "generate payments --rows-per-day 60 --start 2025-01-01 --seed 5 --workers 1 --quiet"


@pytest.fixture
def a(rowmill: Rowmill, tmp_path: Path) -> Path:
    """Return a destination of two nights."""
    for day in ("2025-03-01", "2025-03-02"):
        assert rowmill(f"{NIGHT} --date {day} --out {tmp_path}/a").code == 0
    return tmp_path / "a"


def test_it_says_what_came_and_that_it_is_the_same(rowmill: Rowmill, a: Path, tmp_path: Path) -> None:
    first = rowmill(f"copy {a} {tmp_path}/b --workers 1 --format csv --compression gzip --partition-by month")
    again = rowmill(f"copy {a} {tmp_path}/b --workers 1 --format csv --compression gzip --partition-by month")
    digest = read(a).digest

    assert (first.code, first.out) == (0, "")
    assert "slice 2025-03-01: 60 rows in 5 files\nslice 2025-03-02: 60 rows in 2 files\n" in first.err
    assert "/b: 120 rows in " in first.err
    assert first.err.endswith(f"digest {digest}, that of {a}\n")
    assert again.err.endswith(f"/b: already there, nothing written; digest {digest}, that of {a}\n")
    assert list(tmp_path.glob("b/transactions/year=2025/month=03/*.csv.gz"))
    assert rowmill(f"diff {a} {tmp_path}/b --rows").code == 0
    assert rowmill(f"verify {tmp_path}/b").code == 0


def test_json_is_one_object_with_a_summary_for_each_slice(rowmill: Rowmill, a: Path, tmp_path: Path) -> None:
    answer = rowmill(f"copy {a} {tmp_path}/b --slice 2025-03-02 --workers 1 --json")
    told = json.loads(answer.out)

    assert answer.err == ""
    assert (told["source"], told["destination"], told["rows"]) == (str(a), str(tmp_path / "b"), 60)
    assert [(each["slice"], each["skipped"]) for each in told["slices"]] == [("2025-03-02", False)]
    assert told["digest"] == told["slices"][0]["digest"] == read(tmp_path / "b").digest
    assert rowmill(f"copy {a} {tmp_path}/b --slice 2025-03-02 --workers 1 --quiet") == (0, "", "")


def test_the_environment_says_how_files_look_and_not_what_is_copied(
    rowmill: Rowmill, a: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROWMILL_RUN__FORMAT", "csv")
    monkeypatch.setenv("ROWMILL_DATA__SEED", "9")
    (tmp_path / "env").write_text("ROWMILL_RUN__COMPRESSION=zstd\nROWMILL_RUN__PART_ROWS=7\n", "utf-8")

    answer = rowmill(f"copy {a} {tmp_path}/b --workers 1 --encoding plain --env-file {tmp_path}/env")

    assert answer.code == 0
    assert (
        "data.seed: no effect: a copy has the rows that are there (from environment ROWMILL_DATA__SEED)" in answer.err
    )
    assert f"run.part_rows: no effect: a copy has the rows that are there (from {tmp_path}/env" in answer.err
    assert "run.encoding: no effect: files of the format csv have no encodings" in answer.err
    assert list(tmp_path.glob("b/transactions/*.csv.zst"))


def test_transport_files_come_back_byte_for_byte(rowmill: Rowmill, tmp_path: Path) -> None:
    look = "--format xpt --name {table}{_part} --workers 1 --quiet"
    rowmill(f"generate vitals --tables vs,dm --subjects-per-arm 30 --seed 3 {look} --out {tmp_path}/x")
    rowmill(f"copy {tmp_path}/x {tmp_path}/parquet --workers 1 --quiet")

    assert rowmill(f"copy {tmp_path}/parquet {tmp_path}/y {look}") == (0, "", "")
    for name in ("vs", "dm"):
        assert (tmp_path / f"x/{name}/{name}.xpt").read_bytes() == (tmp_path / f"y/{name}/{name}.xpt").read_bytes()


def test_what_cannot_be_copied_is_one_line(rowmill: Rowmill, a: Path, tmp_path: Path) -> None:
    asked = {
        f"copy {a} {a}": (2, "is where the data lies; name another place"),
        f"copy {tmp_path}/nothing {tmp_path}/b": (2, "holds no finished run"),
        f"copy {a} {tmp_path}/b --slice 2025-03-09": (2, "slice '2025-03-09': not in"),
        f"copy {a} {tmp_path}/b --format xpt": (2, "xpt"),
        f"copy {a}": (2, "Missing argument 'B'"),
        f"copy {a} {tmp_path}/b --single-file": (2, "No such option"),
        f"copy {a} {tmp_path}/b --name x/{{part}}": (2, "would share the folder 'x'"),
        f"copy {a} ftp://host/b": (2, "unknown scheme 'ftp'"),
    }
    for line, (code, message) in asked.items():
        answer = rowmill(line)
        assert (answer.code, answer.out) == (code, ""), line
        assert message in answer.err
        assert "Traceback" not in answer.err
    assert not (tmp_path / "b").exists()


def test_a_damaged_file_is_named_with_exit_code_3(rowmill: Rowmill, a: Path, tmp_path: Path) -> None:
    file = next(a.glob("transactions/*.parquet"))
    data = file.read_bytes()
    file.write_bytes(data[:90] + bytes([data[90] ^ 1]) + data[91:])

    answer = rowmill(f"copy {a} {tmp_path}/b")

    assert answer.code == 3
    assert f"{a}: transactions/{file.name}: " in answer.err
    assert not list(tmp_path.glob("b/[!_]*"))


def test_the_library_copies_too(a: Path, tmp_path: Path) -> None:
    found = library.copy(a, tmp_path / "b", settings={"workers": 1, "compression": "zstd"})
    part = library.copy(library.CopySource(a, ["2025-03-01"]), tmp_path / "c", settings={"workers": 1})

    assert found.digest == read(tmp_path / "b").digest == read(a).digest
    assert (part.rows, part.to_json()["rows"]) == (60, 60)


def test_shares_say_that_nothing_is_to_be_seen_yet(rowmill: Rowmill, a: Path, tmp_path: Path) -> None:
    shares = [rowmill("copy", a, tmp_path / "b", "--workers", 1, "--part", f"{n}/2") for n in (1, 2)]
    whole = rowmill("copy", a, tmp_path / "b", "--workers", 1)

    assert [each.code for each in (*shares, whole)] == [0, 0, 0]
    assert "files of a share\n" in shares[0].err
    assert "nothing to be seen yet; once all shares are there, the same command without --part" in shares[1].err
    assert f"that of {a}" in whole.err
    assert rowmill("verify", tmp_path / "b").code == 0
    assert rowmill("copy", a, tmp_path / "c", "--part", "3/2").code == 2
