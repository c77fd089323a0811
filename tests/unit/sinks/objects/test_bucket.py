"""A bucket as a destination: what is done several at a time, and what stops it."""

from __future__ import annotations

import io
import threading

import pytest

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.sinks.base import Stage, Written
from rowmill.sinks.leases import Leases
from rowmill.sinks.objects.books import BOOKS, BucketDocuments, note_of
from rowmill.sinks.objects.bucket import SUCCESS, BucketDestination
from rowmill.sinks.remote import Remote
from rowmill.testing import Clock, MemoryBucket

STAGE = Stage("day", "run")


class Meeting(MemoryBucket):
    """A bucket in which nobody completes an upload before another one would, too."""

    def __init__(self):
        super().__init__()
        self.together = threading.Barrier(2, timeout=20)

    def complete(self, key, token):
        self.together.wait()
        return super().complete(key, token)


def opened(bucket, clock, transfers):
    locks = Leases(BucketDocuments(bucket), clock)
    return BucketDestination("memory://a", "memory://a", bucket, locks, Remote(transfers=transfers))


def sent(bucket, count):
    """Return files whose uploads are open."""
    paths = [f"things/{n}.parquet" for n in range(count)]
    return [Written(path, 1, 1, "", bucket.upload(path, io.BytesIO(b"1"))) for path in paths]


def test_files_are_shown_several_at_a_time():
    bucket = Meeting()
    target = opened(bucket, Clock(), 2)
    files = sent(bucket, 10)
    target.publish(STAGE, files, [])

    assert list(target.visible("things")) == sorted(file.path for file in files)
    assert SUCCESS in bucket.objects


def test_who_lost_its_lease_shows_no_further_file():
    bucket, clock = MemoryBucket(), Clock()
    target, files = opened(bucket, clock, 1), sent(bucket, 3)
    with target.locks.hold("commit"):
        plain = bucket.complete

        def slow(key, token):
            clock.now += 61
            return plain(key, token)

        bucket.complete = slow
        with pytest.raises(DestinationError, match="lease of 'commit'"):
            target.publish(STAGE, files, [])

    assert list(target.visible("things")) == ["things/0.parquet"]
    assert SUCCESS not in bucket.objects


def test_one_file_that_is_gone_is_named_and_the_others_are_shown():
    bucket = MemoryBucket()
    target, files = opened(bucket, Clock(), 3), sent(bucket, 3)
    bucket.abort(files[1].path, files[1].token)
    with pytest.raises(IntegrityError, match=r"things/1\.parquet is gone, unpublished"):
        target.publish(STAGE, files, [])

    assert list(target.visible("things")) == ["things/0.parquet", "things/2.parquet"]
    assert SUCCESS not in bucket.objects
    again = [files[0], *sent(bucket, 2)[1:], files[2]]
    target.publish(STAGE, again, [])
    assert SUCCESS in bucket.objects


def test_what_tells_of_uploads_goes_after_them():
    bucket = MemoryBucket()
    target, (file,) = opened(bucket, Clock(), 1), sent(bucket, 1)
    plan = f"{BOOKS}day/plan.json"
    bucket.put(plan, b"{}")
    bucket.put(note_of(STAGE, file.path, file.token), file.token.encode())
    plain, told = bucket.abort, []

    def watched(key, token):
        told.append((key, plan in bucket.objects))
        plain(key, token)

    bucket.abort = watched
    target.drop(STAGE, lambda name: name == "day/plan.json")

    assert told == [(file.path, True)]
    assert not [key for key in bucket.objects if key.startswith(f"{BOOKS}day/")]
