"""Reading a destination: rows of any table, by what its manifests say."""

from __future__ import annotations

import pyarrow as pa
import pytest

import rowmill
from rowmill.core.errors import DestinationError, IntegrityError, UsageError
from rowmill.run.books import rebuild
from rowmill.run.reading import batches

DATA = rowmill.dataset("payments", rows=3_000, seed=3, start="2025-11-01", end="2025-11-04")


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    place = tmp_path_factory.mktemp("read") / "out"
    for day in ("2025-11-01", "2025-11-02"):
        DATA.write(place, date=day)
    return place


def table(rows):
    return pa.Table.from_batches(list(rows))


@pytest.mark.parametrize("name", list(DATA))
def test_every_table_is_read_as_it_was_made(out, name):
    made = DATA[name].to_polars()
    found = table(batches(out, name))

    assert found.column_names == made.columns
    if name in ("customers", "cards", "merchants"):
        assert found.num_rows == made.height
    else:
        assert 0 < found.num_rows < made.height


def test_no_domain_is_built_to_read(out, monkeypatch):
    monkeypatch.setattr(rebuild, "domain", lambda name: pytest.fail(f"built {name}"))

    assert table(batches(out, "transactions", ["amount", "customer_id"])).column_names == ["amount", "customer_id"]


def test_windows_leave_files_out(out):
    first = table(batches(out, "transactions", ["event_time"], range(1)))
    both = table(batches(out, "transactions", ["event_time"], range(2)))

    assert 0 < first.num_rows < both.num_rows
    assert {time.date().isoformat() for time in first["event_time"].to_pylist()} == {"2025-11-01"}
    assert list(batches(out, "transactions", None, range(2, 4))) == []
    assert table(batches(out, "cards", None, range(2, 4))).num_rows


def test_what_is_not_there_is_refused(out, tmp_path):
    with pytest.raises(UsageError, match=r"table 'transaction': not there; did you mean 'transactions'"):
        next(batches(out, "transaction"))
    with pytest.raises(UsageError, match=r"column 'amont': not in transactions there; did you mean 'amount'"):
        next(batches(out, "transactions", ["amont"]))
    with pytest.raises(DestinationError, match="holds no finished run"):
        next(batches(tmp_path / "nothing", "transactions"))


def test_a_lost_file_is_named(tmp_path):
    DATA.write(tmp_path / "out", date="2025-11-01")
    lost = next((tmp_path / "out" / "labels").iterdir())
    lost.unlink()

    with pytest.raises(IntegrityError, match=rf"labels/{lost.name} is missing"):
        list(batches(tmp_path / "out", "labels"))
