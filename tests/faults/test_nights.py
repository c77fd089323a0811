"""A night's run into a bucket asks for the same things after hundreds of nights as after one."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager

import pytest

from rowmill.run.books.manifest import read
from rowmill.run.request import Slice
from rowmill.sinks.remote import DEFAULT_REMOTE
from rowmill.testing import Faults, MemoryBuckets
from support.network import a_place, on_a_network
from support.runs import land
from support.servers.faults import Plan
from support.switches import switch
from support.toy import toy

ALL = bool(switch("ROWMILL_FAULTS", ""))
NIGHTS = 400 if ALL else 12
BESIDE = 19
"""Requests of a night beside those of its files, of which each takes five."""


@contextmanager
def in_memory():
    """Yield a place in memory, and what returns the verbs that were used since it was asked before."""
    with MemoryBuckets().registered() as buckets:
        bucket = buckets.bucket("memory://out")

        def used():
            faults, bucket.faults = bucket.faults, Faults()
            verbs = [verb.partition(" ")[0] for verb in faults.verbs]
            # A file has as many parts as it has bytes, and each object is removed in a step of its own here.
            return Counter(verb for verb in verbs if verb not in ("upload_part", "delete"))

        yield "memory://out", used


@contextmanager
def on_a_server():
    """Yield a place on a real server, and what returns the requests since it was asked before."""
    with on_a_network(DEFAULT_REMOTE) as proxy:

        def used():
            plan, proxy.plan = proxy.plan, Plan()
            return Counter(f"{verb} {'upload' if 'upload' in query else ''}" for verb, _, query in plan.asked)

        yield a_place(), used


@pytest.mark.parametrize("place", [in_memory, *([on_a_server] if ALL else [])])
def test_a_night_costs_the_same_whatever_stands_there(place, record_property):
    dataset, asked = toy(rows=NIGHTS * 40, blocks=2, days=NIGHTS), []
    with place() as (out, used):
        for night in range(NIGHTS):
            land(dataset, out, Slice(range(night, night + 1)), part_rows=100_000)
            asked.append(used())
        slices = len(read(out).slices)

    told = ", ".join(f"{asked[night - 1].total()} of night {night}" for night in (2, 100, NIGHTS) if night <= NIGHTS)
    record_property("faults", f"requests in {place.__name__}: {told}")
    assert slices == NIGHTS
    assert asked[1:] == [asked[1]] * (NIGHTS - 1)
    if place is on_a_server:
        files = asked[-1]["PUT upload"]
        assert asked[-1].total() - 5 * files <= BESIDE
