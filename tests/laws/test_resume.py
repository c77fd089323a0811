"""All or nothing: a run that breaks off at any moment shows nothing, and resuming it gives the same rows."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laws.contents import differing, every_domain, examples, folder, land
from rowmill.core.errors import DestinationError, Interrupted


def breaking_off(after: int):
    """Return a progress function that breaks off the run when it is told of progress for the n-th time."""
    told = count(1)

    def progress(*_: int) -> None:
        if next(told) >= after:
            raise KeyboardInterrupt

    return progress


def breaks_off(dataset, out, after, *, again, **settings):
    """Return whether a run broke off and said how to go on."""
    try:
        land(dataset, out, mode="resume" if again else "new", progress=breaking_off(after), **settings)
    except Interrupted as stop:
        return "--resume" in str(stop)
    return False


@every_domain
@examples(6)
@given(data=st.data())
def test_a_run_broken_off_anywhere_resumes_to_the_same_rows(case, plainly, data):
    dataset, plain, expected = plainly(case.name, data.draw(st.sampled_from(case.fixed)))
    settings = {"part_rows": 300, "batch_size": 150, "workers": data.draw(st.sampled_from([1, 3]))}
    breaks = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=3))

    with folder() as broken:
        broke = 0
        # Towards the end less may be left to do than it takes to break off.
        while broke < len(breaks) and breaks_off(dataset, broken, breaks[broke], again=broke > 0, **settings):
            broke += 1
            assert not [path for path in broken.glob("[!_]*/**/*") if path.is_file()]
        assert broke
        if broke == len(breaks):
            with pytest.raises(DestinationError, match="--resume"):
                land(dataset, broken, **settings)
        found = land(dataset, broken, mode="resume", **settings)
        again = land(dataset, broken, **settings)

        assert found.digest == again.digest == expected.digest
        assert again.skipped
        assert not differing(dataset, plain, broken, case.tables)
