"""Files in a table's folder that no run wrote: named before a reader takes them for data."""

from __future__ import annotations

import pytest

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from rowmill.run.runner import finalize
from support.books import manifest, plan
from support.runs import count, land, shown
from support.toy import toy

DATASET = toy(rows=90)
OTHER = toy(rows=70, seed=8)


def stray(out, name="events/copy.parquet"):
    path = out / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((out / shown(out)[0]).read_bytes())
    return path


@pytest.mark.parametrize("name", ["events/copy.parquet", "things/year=2025/x.parquet", "remarks/notes.txt"])
def test_overwrite_is_refused_and_changes_nothing_beside_a_file_that_no_run_wrote(tmp_path, name):
    land(DATASET, tmp_path)
    path = stray(tmp_path, name)
    before = shown(tmp_path)

    with pytest.raises(DestinationError, match=rf"{name} was written by no run; remove it or choose another folder"):
        land(OTHER, tmp_path, mode="overwrite")

    assert shown(tmp_path) == before
    assert not list(tmp_path.glob("_rowmill/**/plan-*.json"))
    path.unlink()
    assert land(OTHER, tmp_path, mode="overwrite").rows == count(tmp_path, "events") == 70


@pytest.mark.parametrize("mode", ["new", "resume", "overwrite"])
def test_a_slice_is_not_written_beside_a_stranger(tmp_path, mode):
    land(DATASET, tmp_path, Slice(range(1)))
    stray(tmp_path)
    stray(tmp_path, "events/another.parquet")

    with pytest.raises(DestinationError, match=r"another.parquet was written by no run \(and 1 more\)"):
        land(DATASET, tmp_path, Slice(range(1, 2)), mode=mode)


def test_finalize_is_refused_beside_a_stranger_that_came_meanwhile(tmp_path):
    land(DATASET, tmp_path)
    for part in ((1, 2), (2, 2)):
        land(OTHER, tmp_path, Slice(part=part), mode="overwrite")
    path = stray(tmp_path)

    with pytest.raises(DestinationError, match="written by no run"):
        finalize(tmp_path)
    path.unlink()
    assert finalize(tmp_path).rows == count(tmp_path, "events") == 70


def test_a_rerun_that_is_skipped_names_strangers(tmp_path, caplog):
    land(DATASET, tmp_path)
    stray(tmp_path)

    for again in (lambda: land(DATASET, tmp_path), lambda: finalize(tmp_path)):
        caplog.clear()
        assert again().skipped
        [record] = caplog.records
        assert record.levelname == "WARNING"
        assert "events/copy.parquet was written by no run; readers of the folder take it for data" in record.message


@pytest.mark.parametrize("name", ["events/.hidden", "events/_SUCCESS", "events/.x/.y"])
def test_what_readers_do_not_look_at_stays_and_stops_nobody(tmp_path, caplog, name):
    land(DATASET, tmp_path)
    path = stray(tmp_path, name)

    assert land(DATASET, tmp_path).skipped
    land(OTHER, tmp_path, mode="overwrite", part_rows=20)

    assert not caplog.records
    assert path.exists()
    assert verify(tmp_path).ok


def spoil(out, label="whole"):
    path = manifest(out, label)
    path.write_bytes(path.read_bytes()[:300])


def test_a_damaged_manifest_gives_way_to_overwrite_with_the_files_it_named(tmp_path):
    land(DATASET, tmp_path, part_rows=20, format="csv")
    spoil(tmp_path)

    with pytest.raises(DestinationError, match="holds another spec"):
        land(OTHER, tmp_path)
    land(OTHER, tmp_path, mode="overwrite", part_rows=50)

    assert read(tmp_path).rows == count(tmp_path, "events") == 70
    assert verify(tmp_path).ok


def test_a_damaged_manifest_hides_no_stranger_of_another_kind(tmp_path):
    land(DATASET, tmp_path)
    spoil(tmp_path)
    note = tmp_path / "events" / "thesis.tex"
    note.write_text("precious")

    with pytest.raises(DestinationError, match=r"thesis\.tex was written by no run"):
        land(OTHER, tmp_path, mode="overwrite")

    assert note.read_text() == "precious"


def test_damaged_days_are_overwritten_one_after_the_other(tmp_path):
    days = [Slice(range(day, day + 1)) for day in range(3)]
    for day in days:
        land(DATASET, tmp_path, day)
    digest = read(tmp_path).digest
    for label in ("2025-11-27", "2025-11-28"):
        spoil(tmp_path, label)

    land(DATASET, tmp_path, days[0], mode="overwrite")
    with pytest.raises(IntegrityError, match="2025-11-28"):
        read(tmp_path)
    land(DATASET, tmp_path, days[1], mode="overwrite")

    assert read(tmp_path).digest == digest
    assert verify(tmp_path).ok


def test_a_damaged_plan_takes_no_stranger_along(tmp_path):
    land(DATASET, tmp_path)
    land(OTHER, tmp_path, Slice(part=(1, 2)), mode="overwrite")
    path = plan(tmp_path)
    path.write_bytes(path.read_bytes()[:100])
    stray(tmp_path)

    with pytest.raises(DestinationError, match="written by no run"):
        land(OTHER, tmp_path, mode="overwrite")
    (tmp_path / "events" / "copy.parquet").unlink()
    assert land(OTHER, tmp_path, mode="overwrite").rows == 70
