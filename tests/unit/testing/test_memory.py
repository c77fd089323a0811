"""A bucket in memory: verbs that answer as object stores do, and faults where they are asked for."""

from __future__ import annotations

import io
import os

import pytest

from rowmill.core.errors import DestinationError, UsageError
from rowmill.run.making.pool import Pool
from rowmill.run.runner import write
from rowmill.run.settings import RunSettings
from rowmill.sinks.registry import destination
from rowmill.testing import Crash, Faults, MemoryBucket, MemoryBuckets
from support.runs import toy_registered
from support.toy import toy


def test_conditions_are_honoured():
    bucket = MemoryBucket()
    first = bucket.put_new("a", b"1")

    assert bucket.put_new("a", b"2") is None
    assert bucket.put_over("a", b"2", "another version") is None
    assert bucket.get("a") == (b"1", first)
    second = bucket.put_over("a", b"2", first)
    assert bucket.get("a") == (b"2", second)
    assert bucket.put_over("a", b"3", first) is None
    assert bucket.put_over("b", b"3", first) is None


def test_the_same_bytes_written_again_are_another_version():
    bucket = MemoryBucket()
    versions = [bucket.put("a", b"1") for _ in range(3)]

    assert len(set(versions)) == 3


def test_an_upload_shows_nothing_until_it_is_completed_and_then_at_once():
    bucket = MemoryBucket()
    bucket.put("a", b"old")
    upload = bucket.upload("a", io.BytesIO(b"new" * 5000))

    assert bucket.download("a").read() == b"old"
    assert bucket.complete("a", upload)
    assert bucket.download("a").read() == b"new" * 5000
    assert bucket.complete("a", upload)
    bucket.put("a", b"other")
    assert not bucket.complete("a", upload)


def test_an_upload_that_was_aborted_cannot_be_completed():
    bucket = MemoryBucket()
    upload = bucket.upload("a", io.BytesIO(b"new"))
    bucket.abort("a", upload)

    assert not bucket.complete("a", upload)
    assert bucket.list("") == {}
    assert bucket.uploads == {}


@pytest.mark.parametrize(("at", "written"), [(1, False), (2, True)])
def test_who_dies_before_a_verb_did_nothing_and_who_dies_after_it_never_hears_of_it(at, written):
    bucket = MemoryBucket()
    bucket.faults = Faults(at)

    with pytest.raises(Crash):
        bucket.put("a", b"1")
    with pytest.raises(Crash):
        bucket.list("")

    bucket.faults = Faults()
    assert (bucket.get("a") is not None) == written


def test_a_fork_is_told_that_it_cannot_reach_the_bucket():
    bucket, (reads, writes) = MemoryBucket(), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            bucket.put("a", b"1")
        except UsageError as error:
            os.write(writes, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)

    assert b"cannot be reached from another process; use one worker" in os.read(reads, 1000)


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_in_other_processes_are_told_that_they_cannot_reach_the_bucket(start):
    settings = RunSettings(out="memory://a", part_rows=150)

    with (
        toy_registered(),
        MemoryBuckets().registered(),
        pytest.raises(UsageError, match="cannot be reached from another process; use one worker"),
    ):
        write(toy(), settings, executor=Pool(2, start))


def test_a_name_leads_to_one_bucket_as_long_as_the_scheme_is_known():
    with MemoryBuckets().registered() as buckets:
        destination("memory://a").documents.create("x.json", b"1")
        assert destination("memory://a").documents.read("x.json").data == b"1"
        assert destination("memory://b").documents.read("x.json") is None
        assert list(buckets.buckets) == ["a", "b"]

    with pytest.raises(UsageError, match="unknown scheme 'memory'"):
        destination("memory://a")


def test_a_store_that_ignores_conditions_is_refused():
    class Careless(MemoryBucket):
        def put_new(self, key, data):
            return self.put(key, data)

    with MemoryBuckets(buckets={"a": Careless()}).registered() as buckets:
        with pytest.raises(DestinationError, match=r"told not to \(If-None-Match\)"):
            destination("memory://a").claim()
        assert buckets.bucket("memory://a").objects == {}


def test_a_bucket_of_somebody_else_is_refused_and_untouched():
    with MemoryBuckets().registered() as buckets:
        buckets.bucket("memory://a").put("report.html", b"precious")
        with pytest.raises(DestinationError, match=r"holds 'report\.html', which no run wrote"):
            destination("memory://a").claim()
        assert list(buckets.bucket("memory://a").objects) == ["report.html"]
