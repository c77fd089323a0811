"""Purity: workers, batch size, size and order of parts, and machines change no row."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from laws.contents import differing, every_domain, examples, folder, land
from rowmill.run.request import Slice
from rowmill.run.runner import finalize


@every_domain
@examples(6)
@given(data=st.data())
def test_workers_batches_and_parts_change_no_row(case, plainly, data):
    dataset, plain, expected = plainly(case.name, data.draw(st.sampled_from(case.fixed)))
    settings = {
        "workers": data.draw(st.sampled_from([1, 3])),
        "batch_size": data.draw(st.sampled_from([97, 400, 65_536])),
        "part_rows": data.draw(st.sampled_from([50, 333, 1500])),
    }

    with folder() as other:
        found = land(dataset, other, **settings)

        assert found.digest == expected.digest
        assert {t: s.digest for t, s in found.tables.items()} == {t: s.digest for t, s in expected.tables.items()}
        assert not differing(dataset, plain, other, case.tables)


@every_domain
@examples(4)
@given(data=st.data())
def test_machines_may_make_their_shares_in_any_order(case, plainly, data):
    dataset, plain, expected = plainly(case.name, data.draw(st.sampled_from(case.fixed)))
    machines = data.draw(st.integers(1, 4))
    order = data.draw(st.permutations(range(1, machines + 1)))
    settings = {"part_rows": data.draw(st.sampled_from([100, 700]))}

    with folder() as other:
        for machine in order:
            share = land(dataset, other, Slice(part=(machine, machines)), **settings)
            assert not share.committed
        found = finalize(other)

        assert found.committed
        assert found.digest == expected.digest
        assert not differing(dataset, plain, other, case.tables)
