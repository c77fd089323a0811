"""A copy is the data: whatever the domain, the files on either side and the kind of place, digests and rows stay."""

from __future__ import annotations

from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laws.contents import CASES, build, every_domain, examples, folder, land, statistics_of
from rowmill.api.compare import compare
from rowmill.api.copy import copy
from rowmill.core.errors import Interrupted
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from rowmill.sinks.registry import takes_rows
from rowmill.testing.memory import SCHEME as MEMORY
from support.places import KINDS
from support.switches import switch

LOOKS = st.sampled_from([{}, {"format": "csv"}, {"format": "csv", "compression": "zstd"}, {"encoding": "plain"}])

ALL = bool(switch("ROWMILL_FAULTS"))
ELSEWHERE = [
    (kind, case)
    for kind in KINDS
    for number, case in enumerate(CASES)
    if kind != "file" and (ALL or kind == MEMORY or list(KINDS).index(kind) % len(CASES) == number)
]
"""Every domain in a bucket in memory, and one at each other kind of place; all of them in make faults."""


def _interrupt(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize(("kind", "case"), ELSEWHERE, ids=[f"{kind}-{case.name}" for kind, case in ELSEWHERE])
@examples(2)
@given(data=st.data())
def test_from_a_folder_to_another_kind_of_place_and_back_nothing_changes(case, kind, data):
    dataset = build(case.name, data.draw(st.sampled_from(case.fixed)))
    levels = st.fixed_dictionaries({}, optional={"partition_by": st.sampled_from(case.partitions)})
    cut = {"part_rows": data.draw(st.sampled_from([300, 500_000])), **data.draw(levels)}
    back = {**data.draw(LOOKS), **data.draw(levels), "workers": 1}

    place = import_module(f"support.places.{kind}").place

    with folder() as first, folder() as last, folder() as empty, place(empty) as between:
        looks = {} if takes_rows(between) else data.draw(LOOKS) | data.draw(levels)
        written = land(dataset, first / "out", **cut, **data.draw(LOOKS))
        with pytest.raises(Interrupted):
            copy(first / "out", between, settings={"workers": 1, "batch_size": 90, **looks}, progress=_interrupt)
        copies = (
            copy(first / "out", between, settings={"workers": 1, **looks}),
            copy(between, last / "out", settings=back),
        )

        assert [each.digest for each in copies] == [written.digest, written.digest]
        assert compare(first / "out", last / "out", rows=3).equal
        assert verify(last / "out").ok
        assert {name: table.counts for name, table in read(last / "out").tables.items()} == {
            name: table.counts for name, table in read(first / "out").tables.items()
        }
        assert statistics_of(last / "out") == statistics_of(between) == statistics_of(first / "out")
        assert copy(between, last / "out", settings=back).skipped


@every_domain
@examples(2)
@given(data=st.data())
def test_slices_and_some_columns_are_copied_as_they_are(case, data):
    dataset = build(case.name, case.fixed[1])
    names = dataset.tables[dataset.main].schema.names
    columns = tuple(sorted(data.draw(st.sets(st.sampled_from(names), min_size=1, max_size=3)), key=names.index))
    count = dataset.calendar.count
    middle = data.draw(st.integers(1, count - 1)) if count > 1 else count
    spans = [range(middle), range(middle, count)] if count > middle else [range(count)]

    with folder() as out:
        for windows in spans:
            land(dataset, out / "a", Slice(windows, columns))
        found = copy(out / "a", out / "b", settings={"workers": 1, **data.draw(LOOKS)})

        assert [each.digest for each in found.slices] == [each.digest for each in read(out / "a").slices]
        assert found.digest == read(out / "a").digest == read(out / "b").digest
        assert statistics_of(out / "a") == statistics_of(out / "b")
        assert verify(out / "b").ok
