"""Files of a committed slice that are gone or cut: noticed without reading one, made again as they were."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.run.landing.repair import refuse_losses
from rowmill.run.request import Slice
from rowmill.run.runner import finalize
from rowmill.sinks.registry import destination
from support.books import manifest as manifest_of
from support.runs import land, shown
from support.toy import toy

DATASET = toy(rows=900, blocks=4, days=5)
LAYOUTS = [
    {},
    {"partition_by": "day"},
    {"format": "csv", "compression": "gzip"},
    {"single_file": True, "name": "{table}"},
]


def contents(out):
    return {path: (out / path).read_bytes() for path in shown(out)}


def lose(out: Path, every: int) -> int:
    """Remove a file, cut the next one, and so on through every so-manieth file; return how many."""
    chosen = shown(out)[::every]
    for n, path in enumerate(chosen):
        if n % 2:
            (out / path).write_bytes((out / path).read_bytes()[:-1])
        else:
            (out / path).unlink()
    return len(chosen)


@pytest.mark.parametrize("every", [1, 2, 3])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_lost_files_come_back_byte_for_byte(tmp_path, layout, every):
    first = land(DATASET, tmp_path, **layout)
    before = contents(tmp_path)
    books = sorted((tmp_path / "_rowmill").rglob("*"))
    lost = lose(tmp_path, every)

    with pytest.raises(IntegrityError, match=r"events/\S+ (is missing|is \d+ bytes, \d+ were written)"):
        land(DATASET, tmp_path, **layout)
    repaired = land(DATASET, tmp_path, mode="resume", workers=2, batch_size=7, **layout)

    assert (repaired.repaired, repaired.skipped, repaired.digest) == (lost, False, first.digest)
    assert contents(tmp_path) == before
    assert sorted((tmp_path / "_rowmill").rglob("*")) == books
    assert verify(tmp_path).ok
    assert land(DATASET, tmp_path, mode="resume", **layout).skipped


def test_a_catalog_that_several_days_share_comes_back(tmp_path):
    days = [Slice(windows=range(day, day + 1)) for day in (3, 1)]
    for day in days:
        land(DATASET, tmp_path, day)
    before = contents(tmp_path)
    catalog = next(tmp_path.glob("things/*"))
    catalog.unlink()

    for day in days:
        with pytest.raises(IntegrityError, match=f"things/{catalog.name} is missing; .* --resume"):
            land(DATASET, tmp_path, day)
    with pytest.raises(IntegrityError, match="is missing"):
        finalize(tmp_path)
    assert land(DATASET, tmp_path, days[0], mode="resume").repaired == 1

    assert contents(tmp_path) == before
    assert all(land(DATASET, tmp_path, day).skipped for day in days)
    assert finalize(tmp_path).skipped


def test_what_a_repair_left_behind_stops_nobody(tmp_path):
    land(DATASET, tmp_path)
    before = contents(tmp_path)
    left = tmp_path / "_rowmill" / "whole-repair" / "staging" / "events"
    left.mkdir(parents=True)
    (left / "half.parquet").write_bytes(b"PAR1")
    lose(tmp_path, 4)

    with pytest.raises(IntegrityError):
        land(DATASET, tmp_path)
    land(DATASET, tmp_path, mode="resume")

    assert contents(tmp_path) == before
    assert not left.exists()


def test_a_file_that_comes_out_otherwise_is_not_put_in_place(tmp_path):
    land(DATASET, tmp_path)
    manifest = manifest_of(tmp_path)
    data = json.loads(manifest.read_text())
    file = data["tables"]["events"]["files"][0]
    file["checksum"] = "0" * 32
    manifest.write_text(json.dumps(data))
    (tmp_path / file["path"]).unlink()

    with pytest.raises(IntegrityError, match=r"does not come out as it was: .* --overwrite"):
        land(DATASET, tmp_path, mode="resume")

    assert file["path"] not in shown(tmp_path)
    assert land(DATASET, tmp_path, mode="overwrite").rows == 900
    assert verify(tmp_path).ok


def test_a_slice_that_another_process_replaced_is_not_called_damaged(tmp_path):
    land(DATASET, tmp_path)
    before = read(tmp_path).slices
    land(toy(rows=300), tmp_path, mode="overwrite")

    with pytest.raises(DestinationError, match="slice whole was replaced by another process meanwhile"):
        refuse_losses(destination(str(tmp_path)), before)
