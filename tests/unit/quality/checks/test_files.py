"""What happened to files of a destination is told, and the others are checked all the same."""

from __future__ import annotations

import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rowmill
from rowmill.cli import main
from rowmill.core.errors import UsageError


def files(out, table):
    return sorted((out / table).rglob("*.parquet"))


def remove(out):
    files(out, "events")[1].unlink()


def truncate(out):
    file = files(out, "events")[1]
    file.write_bytes(file.read_bytes()[:-700])


def empty(out):
    files(out, "events")[1].write_bytes(b"")


def swap(out):
    one, other = files(out, "events")[:2]
    aside = one.with_suffix(".aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def add_rows(out):
    file = files(out, "events")[1]
    table = pq.read_table(file, partitioning=None)
    pq.write_table(pa.concat_tables([table, table.slice(0, 3)]), file)


def flip(out):
    file = files(out, "events")[1]
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 0x40
    file.write_bytes(data)


def add_file(out):
    shutil.copy(files(out, "events")[0], files(out, "events")[0].parent / "another.parquet")


def change(columns):
    def harm(out):
        for file in files(out, "events"):
            pq.write_table(columns(pq.read_table(file, partitioning=None)), file)

    return harm


def as_text(table):
    place = table.schema.get_field_index("compensation_amount")
    return table.set_column(place, "compensation_amount", table["compensation_amount"].cast(pa.string()))


HARMS = {
    "a missing file": (remove, "file", "is missing"),
    "a truncated file": (truncate, "file", "bytes; the manifest says"),
    "an empty file": (empty, "file", "has 0 bytes"),
    "swapped files": (swap, "file", "events"),
    "extra rows": (add_rows, "rows", "the manifest says"),
    "a flipped bit": (flip, "file", "was changed"),
    "a file of somebody": (add_file, "file", "is in no manifest"),
    "a missing column": (change(lambda table: table.drop_columns(["level_id"])), "column", "level_id is missing"),
    "a renamed column": (
        change(lambda table: table.rename_columns({"level_id": "level"})), "column",
        "level_id is missing; not declared: level",
    ),
    "a further column": (
        change(lambda table: table.append_column("x", pa.nulls(len(table)))), "column", "x is not declared",
    ),
    "a wrong type": (change(as_text), "type", "compensation_amount is VARCHAR; int64 is needed"),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
def test_what_was_done_to_a_file_is_told_and_the_others_are_checked(harm, copied):
    do, kind, words = HARMS[harm]
    out = copied("workforce")
    do(out)

    report = rowmill.validate(out, tables=["events", "census"])

    assert [check for check in report.failures if check.kind == kind and words in check.message]
    assert set(report.tables) == {"events", "census"}
    assert not [check for check in report.failures if check.table == "census"]
    assert [check for check in report.checks if check.table == "events" and check.kind == "rule" and check.rows > 100]


def test_the_exit_code_tells_broken_from_unreadable(copied, tmp_path, capsys):
    out = copied("vitals")
    assert main(["validate", str(out), "--quiet"]) == 0
    for file in out.rglob("*.parquet"):
        file.write_bytes(b"")
    assert main(["validate", str(out)]) == 3
    assert "has 0 bytes; the manifest says" in capsys.readouterr().err

    with pytest.raises(UsageError):
        rowmill.validate(tmp_path / "nothing")
    (tmp_path / "half.parquet").write_bytes(b"PAR1 and then nothing")
    assert main(["validate", str(tmp_path / "half.parquet")]) == 2
