"""Whenever Ctrl-C comes, a run lets go of what it holds, leaves no file without a name, and can be continued."""

from __future__ import annotations

from contextlib import suppress
from itertools import count

import pytest

from rowmill.core.errors import DestinationError
from rowmill.testing import MemoryBuckets
from support.books import books, committed
from support.interruptions import interrupt, left
from support.runs import land
from support.switches import switch
from support.toy import toy

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
EVERY = bool(switch("ROWMILL_FAULTS"))
SIZES = {"rows": 30, "blocks": 1, "days": 1}


# What an interruption takes out of a function's hands is closed by the interpreter, which says so.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def continued(out):
    """Continue a run, or begin it where it was interrupted before it had begun; return its digest."""
    with suppress(DestinationError):
        return land(toy(**SIZES), out, mode="resume").digest
    return land(toy(**SIZES), out).digest


def test_an_interruption_at_any_step_leaves_nothing_in_a_folder(fast_folder):
    digest, wrong = land(toy(**SIZES), fast_folder / "clean").digest, {}
    for at in count(1, 1 if EVERY else 251):
        out = fast_folder / f"out{at}"
        if not interrupt(lambda out=out: land(toy(**SIZES), out), at):
            break
        strays = left(out)
        found = continued(out)
        strays += sorted(set(books(out)) - set(committed(out)))
        if found != digest or strays:
            wrong[at] = (found, strays)

    assert wrong == {}
    assert at > 2_000


def test_an_interruption_at_any_step_leaves_nothing_in_a_bucket():
    wrong = {}
    with MemoryBuckets().registered() as buckets:
        digest = land(toy(**SIZES), "memory://clean").digest
        for at in count(1, 1 if EVERY else 251):
            out, bucket = f"memory://{at}", buckets.bucket(f"memory://{at}")
            if not interrupt(lambda out=out: land(toy(**SIZES), out), at):
                break
            strays = [name for name in bucket.objects if "/locks/" in name]
            found = continued(out)
            strays += bucket.uploads
            if found != digest or strays:
                wrong[at] = (found, strays)

    assert wrong == {}
    assert at > 2_000
