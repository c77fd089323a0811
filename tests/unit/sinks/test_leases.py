"""Leases: locks made of documents, which end with their holder or with their time."""

from __future__ import annotations

import json
import os
import time

import pytest

from rowmill.core.errors import DestinationError
from rowmill.sinks.leases import Leases
from rowmill.sinks.objects.books import BucketDocuments
from rowmill.testing import Clock, MemoryBucket

DOCUMENT = "_rowmill/locks/day/run.json"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def bucket():
    return MemoryBucket()


def leases(bucket, clock, seconds=60.0):
    return Leases(BucketDocuments(bucket), clock, seconds)


def elsewhere(bucket):
    """Make the lease one of another machine, whose processes nobody here knows."""
    data = json.loads(bucket.objects[DOCUMENT].data)
    bucket.put(DOCUMENT, json.dumps({**data, "machine": "elsewhere"}).encode())


def test_a_lease_of_another_machine_is_respected_until_it_runs_out(bucket, clock):
    mine, theirs = leases(bucket, clock), leases(bucket, clock)
    with theirs.hold("day/run"):
        elsewhere(bucket)
        with mine.hold("day/run") as held:
            assert not held
        assert mine.holder("day/run") == f"process {os.getpid()} on elsewhere"
        clock.now += 61
        with mine.hold("day/run") as held:
            assert held


def test_the_lease_of_a_process_of_this_machine_that_has_ended_is_taken_over_at_once(bucket, clock):
    with leases(bucket, clock).hold("day/run"):
        data = json.loads(bucket.objects[DOCUMENT].data)
        bucket.put(DOCUMENT, json.dumps({**data, "started": "another start"}).encode())

        with leases(bucket, clock).hold("day/run") as held:
            assert held


def test_who_stood_still_for_too_long_has_lost_its_lease_and_takes_nothing_away(bucket, clock):
    mine, theirs = leases(bucket, clock), leases(bucket, clock)
    with mine.hold("day/run"):
        mine.refuse_lost()
        clock.now += 61
        with pytest.raises(DestinationError, match="stood still for longer than its lease of 'day/run' lasts"):
            mine.refuse_lost()
        taking = theirs.hold("day/run")
        assert taking.__enter__()
    assert DOCUMENT in bucket.objects
    theirs.refuse_lost()
    taking.__exit__(None, None, None)
    assert DOCUMENT not in bucket.objects


def test_a_lease_is_renewed_as_long_as_it_is_held(bucket):
    held = leases(bucket, time.time, seconds=0.6)
    with held.hold("day/run"):
        first = json.loads(bucket.get(DOCUMENT).data)["expires"]
        time.sleep(1.0)
        held.refuse_lost()
        assert json.loads(bucket.get(DOCUMENT).data)["expires"] > first
        with leases(bucket, time.time, seconds=0.6).hold("day/run") as other:
            assert not other


def test_who_finds_its_lease_with_another_when_it_would_renew_it_goes_no_further(bucket, clock):
    mine = leases(bucket, clock, 0.06)
    with mine.hold("day/run"):
        data = json.loads(bucket.objects[DOCUMENT].data)
        theirs = json.dumps({**data, "token": "theirs"}).encode()
        bucket.put(DOCUMENT, theirs)
        time.sleep(0.3)
        with pytest.raises(DestinationError, match="lease of 'day/run'"):
            mine.refuse_lost()
    assert bucket.objects[DOCUMENT].data == theirs


def test_a_document_that_is_no_lease_is_taken_over(bucket, clock):
    bucket.put(DOCUMENT, b"[1]")

    with leases(bucket, clock).hold("day/run") as held:
        assert held
    assert DOCUMENT not in bucket.objects


def test_who_waits_gets_the_name_when_it_is_free(bucket, clock):
    first, second = leases(bucket, clock), leases(bucket, clock)
    holding = first.hold("gate")
    holding.__enter__()
    asked = second.hold("gate", wait=True)
    bucket.objects.pop("_rowmill/locks/gate.json")

    assert asked.__enter__()
    asked.__exit__(None, None, None)
    holding.__exit__(None, None, None)
