"""Files of users: what stands for a missing value, how much is read, and what an error shows of them."""

from __future__ import annotations

import gzip
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rowmill.core.errors import UsageError
from rowmill.model import tablefile
from rowmill.model.missing import WORDS, without_words
from rowmill.model.userfile import MISSING, Columns, UserFile


def read(path, *columns, **options):
    return UserFile(str(path), Columns(columns, (), **options))


@pytest.mark.parametrize("word", [*WORDS, "NA", "NaN", "Null", " N/A "])
def test_words_for_missing_are_no_values_in_any_column(tmp_path, word):
    (tmp_path / "f.csv").write_text(f"name,number,amount,day,yes\nx,1,0.5,2025-01-01,true\n{','.join([word] * 5)}\n")

    file = read(tmp_path / "f.csv", "name", "number", "amount", "day", "yes")

    assert file.texts("name").to_pylist() == ["x", None]
    assert file.integers("number", 0, 9, missing=True).tolist() == [1, MISSING]
    assert file.scaled("amount", 10, (0, 1), "tons").tolist() == [5, MISSING]
    assert file.days("day").tolist()[1] == file.flags("yes").tolist()[1] == MISSING


def test_words_are_values_where_a_column_says_so(tmp_path):
    (tmp_path / "f.csv").write_text("country,name\nNA,NA\n ,n\n")

    file = read(tmp_path / "f.csv", "country", "name", literal=("country",))

    assert file.texts("country").to_pylist() == ["NA", None]
    assert file.texts("name").to_pylist() == [None, "n"]
    assert without_words(pa.array([" Nan ", "Nancy"])).to_pylist() == [None, "Nancy"]


def test_numbers_that_are_none_are_missing(tmp_path):
    pq.write_table(pa.table({"amount": [0.5, float("nan"), None]}), tmp_path / "f.parquet")

    assert read(tmp_path / "f.parquet", "amount").scaled("amount", 2, (0, 1), "tons").tolist() == [1, MISSING, MISSING]


def test_a_file_of_too_many_rows_is_refused_before_they_are_kept(tmp_path, monkeypatch):
    pq.write_table(pa.table({"id": pa.array([7] * 1_000)}), tmp_path / "f.parquet")
    (tmp_path / "f.csv.gz").write_bytes(gzip.compress(b"id\n" + b"7\n" * 1_000))

    for name in ("f.parquet", "f.csv.gz"):
        assert read(tmp_path / name, "id", most=1_000).rows == 1_000
        with pytest.raises(UsageError, match="more than 999 rows"):
            read(tmp_path / name, "id", most=999)
    monkeypatch.setattr(tablefile, "MAX_BYTES", 100)
    for name in ("f.parquet", "f.csv.gz"):
        with pytest.raises(UsageError, match="its columns take more than"):
            read(tmp_path / name, "id")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id\n1\n".encode("utf-16"), "it is UTF-16"),
        ("id,name\n1,Köln\n".encode("latin-1"), "save it as UTF-8"),
        ("id,näme\n1,x\n".encode("latin-1"), "save it as UTF-8"),
        (b"id,name\n1,x\nsecret\n", "row 2: got 1 value under a header of 2"),
        (b"secret:x:0\na:x:1,b\n", "row 1: got 2 values under a header of 1"),
        (b"secret:x:0\na:x:1\n", "has 1 column, whose first line is no header"),
        (b"secret stands here, and: here\n1,2\n", "has 2 columns, whose first line is no header"),
    ],
)
def test_an_error_is_one_line_that_shows_no_line_of_the_file(tmp_path, content, said):
    (tmp_path / "f.csv").write_bytes(content)

    with pytest.raises(UsageError, match=said) as caught:
        read(tmp_path / "f.csv", "id", "name").texts("name")

    assert "secret" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_days_that_no_calendar_has_are_refused(tmp_path):
    far = pa.array([0, 400_000 * 365 * 86_400], pa.timestamp("s"))
    pq.write_table(pa.table({"day": far, "date": far.cast(pa.date32())}), tmp_path / "f.parquet")

    for name in ("day", "date"):
        with pytest.raises(UsageError, match=rf"row 2: got {name} .* must lie in the years 1 … 9999"):
            read(tmp_path / "f.parquet", name).days(name)


def test_the_next_wrong_values_are_named_with_their_rows(tmp_path):
    rows = [f"{n},{value}" for n, value in enumerate(["1", "x", "2", "1,5", *["y"] * 9], 1)]
    (tmp_path / "f.csv").write_text("id,pay\n" + "\n".join(row if "1,5" not in row else '4,"1,5"' for row in rows))
    (tmp_path / "twice.csv").write_text("id\n1\n1\n2\n2\n")
    (tmp_path / "none.csv").write_text("id,pay\n1,\n2,3\n3,\n")

    pay = r"row 2: got pay 'x'; it must be a whole number; also rows 4 \('1,5'\), 5 \('y'\), .* and 6 more"
    with pytest.raises(UsageError, match=pay):
        read(tmp_path / "f.csv", "id", "pay").integers("pay", 0, 9)
    with pytest.raises(UsageError, match=r"row 3: got id '3'; it must lie in 0 … 2; also rows 4 \('4'\)"):
        read(tmp_path / "f.csv", "id", "pay").integers("id", 0, 2)
    with pytest.raises(UsageError, match=r"row 1: pay is missing; give every row one; also rows 3 \(nothing\)"):
        read(tmp_path / "none.csv", "id", "pay").integers("pay", 0, 9)
    twice = read(tmp_path / "twice.csv", "id")
    with pytest.raises(UsageError, match=r"row 2: got id '1'; row 1 has it already; .*; 1 more repeat one"):
        twice.unique("id", twice.integers("id", 0, 9))


def test_wrong_values_without_number_are_counted_up_to_a_thousand(tmp_path):
    (tmp_path / "f.csv").write_text("id\n" + "1\nx\n" * 2_000)

    with pytest.raises(UsageError, match="and 995 more, or even more"):
        read(tmp_path / "f.csv", "id").integers("id", 0, 9)


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_a_file_that_is_not_separated_by_commas_is_told_by_what_it_is(tmp_path, mark):
    (tmp_path / "f.csv").write_text(f"id{mark}pay\n1{mark}2\n")

    with pytest.raises(UsageError, match=f"is separated by {re.escape(repr(mark))}; save it separated by commas"):
        read(tmp_path / "f.csv", "id", "pay")
