"""Doors are presentation too: every kind of place holds the rows of a folder, whatever is written in what order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laws.contents import build, examples, folder, land
from laws.domains import CASES
from laws.test_layout import FORMATS, LAYOUTS
from laws.test_resume import breaks_off
from rowmill.core.errors import DestinationError
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.run.reading import batches
from rowmill.run.request import Slice
from rowmill.sinks.objects.bucket import BucketDestination
from rowmill.sinks.registry import destination, takes_rows
from rowmill.testing.memory import SCHEME as MEMORY
from support.places import KINDS
from support.runs import shown
from support.switches import switch

ALL = bool(switch("ROWMILL_FAULTS"))
OTHERS = [kind for kind in KINDS if kind not in ("file", MEMORY)]
DOORS = [(case, MEMORY) for case in CASES] + [
    (case, kind)
    for number, case in enumerate(CASES)
    for place, kind in enumerate(OTHERS)
    if ALL or place % len(CASES) == number
]
"""Each domain in memory, and each other kind of place with one; with all of them where faults are tried at length."""
every_door = pytest.mark.parametrize(("case", "kind"), DOORS, ids=[f"{case.name}-{kind}" for case, kind in DOORS])


@contextmanager
def somewhere(kind: str) -> Iterator[str]:
    """Give a location that nobody used before."""
    with folder() as empty, import_module(f"support.places.{kind}").place(empty) as out:
        yield out


def visible(out: str, tables: list[str]) -> list[str]:
    """Return the paths of what is published."""
    return [path for table in tables for path in destination(out).visible(table)]


def content(out: str, tables: list[str]) -> dict[str, bytes]:
    """Return the files of the tables in a bucket."""
    target = destination(out)
    assert isinstance(target, BucketDestination)
    found = {}
    for path in visible(out, tables):
        with target._bucket.download(path) as handle:
            found[path] = handle.read()
    return found


def in_folder(out: Path) -> dict[str, bytes]:
    return {path: (out / path).read_bytes() for path in shown(out) if "/" in path}


@every_door
@examples(3)
@given(data=st.data())
def test_a_place_holds_what_a_folder_holds_and_reads_back(case, kind, tmp_path_factory, data):
    dataset = build(case.name, data.draw(st.sampled_from(case.fixed)))
    levels = st.fixed_dictionaries({}, optional={"partition_by": st.sampled_from(case.partitions)})
    plain = tmp_path_factory.mktemp("folder")

    with somewhere(kind) as out:
        settings = {} if takes_rows(out) else data.draw(LAYOUTS) | data.draw(FORMATS) | data.draw(levels)
        expected = land(dataset, plain, **settings)
        found = land(dataset, out, **settings)

        assert found.digest == expected.digest
        if not takes_rows(out):
            assert content(out, list(found.tables)) == in_folder(plain)
        for table, summary in found.tables.items():
            assert sum(batch.num_rows for batch in batches(out, table)) == summary.rows
        assert land(dataset, out, **settings).skipped


@every_door
@examples(2)
@given(data=st.data())
def test_days_in_any_order_make_the_whole(case, kind, plainly, data):
    dataset, _, whole = plainly(case.name, case.fixed[1])
    days = data.draw(st.permutations(range(dataset.calendar.count)))

    with somewhere(kind) as out:
        for day in days:
            land(dataset, out, Slice(range(day, day + 1)))

        assert read(out).digest == whole.digest
        assert [entry.windows for entry in read(out).slices] == [(day, day + 1) for day in sorted(days)]
        assert verify(out, inputs={}).ok


@every_door
@examples(3)
@given(data=st.data())
def test_a_run_broken_off_shows_nothing_and_resumes_to_the_same_rows(case, kind, plainly, data):
    dataset, _, expected = plainly(case.name, data.draw(st.sampled_from(case.fixed)))
    settings = {"part_rows": 300, "batch_size": 150}
    breaks = data.draw(st.integers(1, 9))

    with somewhere(kind) as out:
        if breaks_off(dataset, out, breaks, again=False, **settings):
            assert visible(out, list(dataset.tables)) == []
            with pytest.raises(DestinationError, match="--resume"):
                land(dataset, out, **settings)
            land(dataset, out, mode="resume", **settings)

        assert read(out).digest == expected.digest
        assert land(dataset, out, **settings).skipped
        assert visible(out, list(dataset.tables))
