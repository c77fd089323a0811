"""The verbs of a bucket, on a real server and through faults."""

from __future__ import annotations

import io
import os
from unittest.mock import patch

import pytest

from rowmill.core.errors import DestinationError, DiskError, UsageError
from rowmill.sinks.objects.s3 import S3Bucket, s3
from rowmill.sinks.remote import DEFAULT_REMOTE, Remote
from support.network import IMPATIENT
from support.servers import seaweed
from support.servers.faults import Plan, before


@pytest.fixture
def bucket():
    with seaweed.a_place() as location:
        yield S3Bucket(seaweed.BUCKET, location.rpartition("/")[2], location, Remote(attempts=2, transfers=3))


@pytest.fixture
def faulty():
    """Give a bucket behind a proxy, and the proxy."""
    with seaweed.a_place() as location, before(seaweed.endpoint()) as proxy:
        through = {"AWS_ENDPOINT_URL": proxy.url}
        with patch.dict(os.environ, through), patch("rowmill.sinks.objects.patience._FIRST_SECONDS", 0.001):
            yield S3Bucket(seaweed.BUCKET, location.rpartition("/")[2], location, IMPATIENT), proxy


def open_uploads(bucket):
    found = seaweed.client(seaweed.endpoint()).list_multipart_uploads(Bucket=seaweed.BUCKET, Prefix=bucket._root)
    return [each["Key"] for each in found.get("Uploads", ())]


def test_a_large_object_goes_in_parts_several_at_once_and_is_read_where_it_is_wanted(bucket):
    data = os.urandom(5 << 20) * 9
    with patch("rowmill.sinks.objects.s3._PART_BYTES", 5 << 20):
        token = bucket.upload("big", io.BytesIO(data))
    assert bucket.download("big") is None

    assert bucket.complete("big", token)

    with bucket.download("big") as handle:
        assert handle.read() == data
        handle.seek(12_345_678)
        assert handle.read(100) == data[12_345_678:12_345_778]
    assert open_uploads(bucket) == []


def test_an_upload_is_completed_as_often_as_one_likes_until_another_takes_its_place(bucket):
    bucket.put("a", b"old")
    mine, theirs = (bucket.upload("a", io.BytesIO(data)) for data in (b"mine", b"them"))

    assert bucket.get("a").data == b"old"
    assert bucket.complete("a", mine)
    assert bucket.complete("a", mine)
    assert bucket.complete("a", theirs)
    assert not bucket.complete("a", mine)
    assert bucket.get("a").data == b"them"


def test_an_upload_that_was_dropped_is_gone(bucket):
    token = bucket.upload("a", io.BytesIO(b"mine"))
    bucket.abort("a", token)
    bucket.abort("a", token)

    assert not bucket.complete("a", token)
    assert open_uploads(bucket) == []


def test_keys_are_listed_over_as_many_pages_as_there_are_and_no_further_than_asked(bucket):
    keys = [f"a/{n:03}" for n in range(25)]
    for key in (*keys, "b"):
        bucket.put(key, b"12")
    with patch.object(S3Bucket, "_sent", paged(S3Bucket._sent, 10)):
        assert bucket.list("a/") == dict.fromkeys(keys, 2)
    assert list(bucket.list("a/", 10))[:10] == keys[:10]
    assert bucket.list("c") == {}


@pytest.mark.parametrize("fault", ["", "NotImplemented", "SlowDown"])
def test_many_objects_go_with_one_request_where_the_store_can_do_that(faulty, fault):
    bucket, proxy = faulty
    keys = [f"a/{n} & <{n}>" for n in range(5)]
    for key in (*keys, "b"):
        bucket.put(key, b"1")
    proxy.plan = Plan(fault, 1 if fault else 0)
    bucket.delete(*keys, "c")

    asked = {"": ["POST"], "NotImplemented": ["POST"] + ["DELETE"] * 6, "SlowDown": ["POST"] * 2}
    assert [verb for verb, _, _ in proxy.plan.asked] == asked[fault]
    assert bucket.list("") == {"b": 1}
    proxy.plan = Plan()
    bucket.delete()
    assert proxy.plan.asked == []


def test_what_a_store_does_not_remove_with_many_is_removed_alone_or_told(bucket):
    bucket.put("a", b"1")
    denied = {"Errors": [{"Key": f"{bucket._root}a", "Code": "InternalError"}]}
    with patch.object(S3Bucket, "_sent", answering(S3Bucket._sent, "delete_objects", denied)):
        bucket.delete("a", "b")
        assert bucket.list("") == {}
        bucket.put("a", b"1")
        with patch.dict(os.environ, seaweed.READER), pytest.raises(DestinationError, match="access denied"):
            bucket.delete("a", "b")


def answering(sent, verb, answer):
    """Return what sends requests, and answers one kind itself."""

    class Answering:
        def __init__(self, api):
            self.api = api

        def __getattr__(self, name):
            return (lambda **_: answer) if name == verb else getattr(self.api, name)

    return lambda self, request: sent(self, lambda api: request(Answering(api)))


def paged(sent, size):
    """Return what sends a request, with so many keys on a page of a listing."""

    class Paging:
        def __init__(self, api):
            self.api = api

        def list_objects_v2(self, **asked):
            return self.api.list_objects_v2(**asked, MaxKeys=size)

    return lambda self, request: sent(self, lambda api: request(Paging(api)))


@pytest.mark.parametrize("fault", ["conflict", "SlowDown", "InternalError", "RequestTimeout", "unheard", "truncated"])
def test_a_fault_that_passes_is_waited_for(faulty, fault):
    bucket, proxy = faulty
    bucket.put("b", b"b" * 1000)
    for verb in (
        lambda: bucket.put_new(f"{fault}-a", b"1"),
        lambda: bucket.get("b").data,
        lambda: bucket.list("b"),
        lambda: bucket.download("b").read(),
        lambda: bucket.complete("c", bucket.upload("c", io.BytesIO(b"1"))),
    ):
        proxy.plan = Plan(fault, 1, 2)
        assert verb()
        assert proxy.plan.met == 2


def test_an_upload_that_breaks_off_for_good_leaves_none_open(faulty):
    bucket, proxy = faulty
    proxy.plan = Plan("SlowDown", 2, IMPATIENT.attempts)

    with pytest.raises(DiskError, match=r"the store says SlowDown; try again later"):
        bucket.upload("a", io.BytesIO(b"1"))
    assert open_uploads(bucket) == []


def test_an_object_that_is_replaced_while_it_is_read_is_not_mixed_up(bucket):
    bucket.put("a", b"1" * 200_000)
    with bucket.download("a") as handle:
        bucket.put("a", b"2" * 200_000)
        with pytest.raises(FileNotFoundError, match="removed or replaced while it was read"):
            handle.read()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "does not take these credentials; set AWS_ACCESS_KEY_ID"),
        ({"AWS_ACCESS_KEY_ID": "nobody"}, "does not take these credentials; set AWS_ACCESS_KEY_ID"),
        (seaweed.READER, "access denied; the key in use must be allowed"),
    ],
    ids=["secret", "key", "rights"],
)
def test_who_may_not_write_is_told_so(bucket, changed, said):
    with patch.dict(os.environ, changed), pytest.raises(DestinationError, match=said):
        bucket.put("a", b"1")


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_not_there_is_told_and_not_made():
    with pytest.raises(DestinationError, match=r"there is no such bucket; create it"):
        S3Bucket("nowhere", "x", "s3://nowhere/x", DEFAULT_REMOTE).get("a")
    assert "nowhere" not in [each["Name"] for each in seaweed.client(seaweed.endpoint()).list_buckets()["Buckets"]]


@pytest.mark.parametrize("location", ["s3://", "s3://B_d/x", "s3:///x", "s3://b/x?y", "s3://b/x#y", "s3://.b/x"])
def test_a_location_that_is_none_is_refused(location):
    with pytest.raises(UsageError, match=r"^S3: .*write s3://BUCKET/PREFIX, .*small letters, digits, points"):
        s3(location, DEFAULT_REMOTE)


def test_a_location_with_a_password_is_refused_without_repeating_it():
    with pytest.raises(UsageError) as caught:
        s3("s3://key:canary@bucket/x", DEFAULT_REMOTE)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("given", ["s3://bkt", "s3://bkt/", "s3://bkt/a/b", "s3://bkt/a/b/"])
def test_a_location_is_shown_as_it_is_opened(given):
    found = s3(given, DEFAULT_REMOTE)

    assert found.shown == found.location == given.rstrip("/")
