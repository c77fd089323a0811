"""Doors are presentation too: a bucket holds the files that a folder holds, whatever is written in whatever order."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laws.contents import build, every_domain, examples, land
from laws.test_layout import FORMATS, LAYOUTS
from laws.test_resume import breaks_off
from rowmill.core.errors import DestinationError
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.run.reading import batches
from rowmill.run.request import Slice
from rowmill.testing import MemoryBuckets
from support.runs import shown

OUT = "memory://out"


def files(buckets: MemoryBuckets) -> dict[str, bytes]:
    """Return the files of the tables in the bucket."""
    found = buckets.bucket(OUT)
    assert not found.uploads
    tables = {key: each.data for key, each in found.objects.items() if "/" in key and not key.startswith("_")}
    return dict(sorted(tables.items()))


def in_folder(out: Path) -> dict[str, bytes]:
    return {path: (out / path).read_bytes() for path in shown(out)}


@every_domain
@examples(3)
@given(data=st.data())
def test_a_bucket_holds_the_bytes_of_a_folder_and_reads_back(case, tmp_path_factory, data):
    dataset = build(case.name, data.draw(st.sampled_from(case.fixed)))
    levels = st.fixed_dictionaries({}, optional={"partition_by": st.sampled_from(case.partitions)})
    settings = data.draw(LAYOUTS) | data.draw(FORMATS) | data.draw(levels)
    folder = tmp_path_factory.mktemp("folder")
    expected = land(dataset, folder, **settings)

    with MemoryBuckets().registered() as buckets:
        found = land(dataset, OUT, **settings)

        assert found.digest == expected.digest
        assert files(buckets) == in_folder(folder)
        for table, summary in found.tables.items():
            assert sum(batch.num_rows for batch in batches(OUT, table)) == summary.rows
        assert land(dataset, OUT, **settings).skipped


@every_domain
@examples(2)
@given(data=st.data())
def test_days_in_any_order_make_the_whole_in_a_bucket(case, plainly, data):
    dataset, _, whole = plainly(case.name, case.fixed[1])
    days = data.draw(st.permutations(range(dataset.calendar.count)))

    with MemoryBuckets().registered():
        for day in days:
            land(dataset, OUT, Slice(range(day, day + 1)))

        assert read(OUT).digest == whole.digest
        assert [entry.windows for entry in read(OUT).slices] == [(day, day + 1) for day in sorted(days)]
        assert verify(OUT, inputs={}).ok


@every_domain
@examples(3)
@given(data=st.data())
def test_a_run_broken_off_in_a_bucket_shows_nothing_and_resumes_to_the_same_rows(case, plainly, data):
    dataset, _, expected = plainly(case.name, data.draw(st.sampled_from(case.fixed)))
    settings = {"part_rows": 300, "batch_size": 150}
    breaks = data.draw(st.integers(1, 9))

    with MemoryBuckets().registered() as buckets:
        if breaks_off(dataset, OUT, breaks, again=False, **settings):
            assert files_shown(buckets) == []
            with pytest.raises(DestinationError, match="--resume"):
                land(dataset, OUT, **settings)
            land(dataset, OUT, mode="resume", **settings)

        assert read(OUT).digest == expected.digest
        assert land(dataset, OUT, **settings).skipped
        assert files(buckets)


def files_shown(buckets: MemoryBuckets) -> list[str]:
    return [key for key in buckets.bucket(OUT).objects if not key.startswith("_rowmill/")]
