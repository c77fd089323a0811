"""The verbs of a container, on an emulator and through faults."""

from __future__ import annotations

import datetime as dt
import io
import os
import socket
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from azure.storage.blob import ContainerSasPermissions, generate_container_sas

from rowmill.core.errors import DestinationError, DiskError, UsageError
from rowmill.sinks.objects.azure import UPLOADS, AzureBucket, az
from rowmill.sinks.remote import DEFAULT_REMOTE, Remote
from support.network import IMPATIENT
from support.servers import azurite
from support.servers.faults import Plan, before

SMALL_BLOCKS = patch("rowmill.sinks.objects.azure._BLOCK_BYTES", 1 << 20)


@contextmanager
def a_bucket(remote):
    with azurite.a_place() as location:
        yield AzureBucket(azurite.CONTAINER, location.rpartition("/")[2], location, remote)


@pytest.fixture
def bucket():
    with a_bucket(Remote(attempts=2, transfers=3)) as found:
        yield found


@pytest.fixture
def faulty():
    """Give a bucket behind a proxy, and the proxy."""
    with a_bucket(IMPATIENT) as found, before(azurite.endpoint()) as proxy:
        through = {"AZURE_STORAGE_ENDPOINT": f"{proxy.url}/{azurite.ACCOUNT}"}
        with patch.dict(os.environ, through), patch("rowmill.sinks.objects.patience._FIRST_SECONDS", 0.001):
            yield found, proxy


def raw(bucket, key):
    """Return the client of a blob."""
    return azurite.client(azurite.endpoint()).get_blob_client(bucket._root + key)


def waiting(bucket):
    return list(bucket.list(UPLOADS))


def a_signature(permissions="racwdl"):
    allowed = ContainerSasPermissions.from_string(permissions)
    until = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    return generate_container_sas(azurite.ACCOUNT, azurite.CONTAINER, azurite.KEY, permission=allowed, expiry=until)


def test_a_large_blob_goes_in_blocks_several_at_once_and_is_read_where_it_is_wanted(bucket):
    data = os.urandom(5 << 20) + b"1"
    with SMALL_BLOCKS:
        token = bucket.upload("big", io.BytesIO(data))
        assert bucket.download("big") is None
        assert bucket.complete("big", token)

    with bucket.download("big") as handle:
        assert handle.read() == data
        handle.seek(3_345_678)
        assert handle.read(100) == data[3_345_678:3_345_778]
    committed, left = raw(bucket, "big").get_block_list("all")
    assert ([block.size for block in committed], left) == ([1 << 20] * 5 + [1], [])
    assert waiting(bucket) == []


def test_what_others_write_or_complete_takes_nothing_from_an_upload_that_waits(bucket):
    mine, theirs = (bucket.upload("a", io.BytesIO(data)) for data in (b"mine", b"them"))
    bucket.put("a", b"old")
    bucket.delete("a")
    bucket.put("a", b"older")

    assert bucket.complete("a", mine)
    assert bucket.complete("a", mine)
    assert bucket.complete("a", theirs)
    assert bucket.get("a").data == b"them"
    assert not bucket.complete("a", mine)
    assert bucket.get("a").data == b"them"


def test_two_that_complete_at_once_end_with_what_one_of_them_sent(bucket):
    tokens = {n: bucket.upload("a", io.BytesIO(bytes([n]) * 3)) for n in range(2)}
    copied = AzureBucket._unless
    others = [tokens[1]]

    def disturbed(self, codes, request):
        if "InvalidBlockList" in codes and others:
            # Blocks that wait are dropped by this.
            assert bucket.complete("a", others.pop())
        return copied(self, codes, request)

    with patch.object(AzureBucket, "_unless", disturbed):
        assert bucket.complete("a", tokens[0])
    assert bucket.get("a").data == bytes(3)


@pytest.mark.parametrize("data", [b"mine", b""], ids=["some", "empty"])
def test_an_upload_that_was_dropped_is_gone(bucket, data):
    token = bucket.upload("a", io.BytesIO(data))
    bucket.abort("a", token)
    bucket.abort("a", token)

    assert not bucket.complete("a", token)
    assert bucket.list("") == {}


def test_an_empty_upload_is_shown_once_and_never_over_what_came_later(bucket):
    token = bucket.upload("a", io.BytesIO(b""))
    assert bucket.complete("a", token)
    assert bucket.complete("a", token)
    bucket.put("a", b"later")

    assert not bucket.complete("a", token)
    assert bucket.get("a").data == b"later"


def test_blobs_are_listed_over_as_many_pages_as_there_are_without_what_is_a_folder(bucket):
    keys = [f"a/{n:03}" for n in range(7)]
    for key in (*keys, "b"):
        bucket.put(key, b"12")
    raw(bucket, "a").upload_blob(b"", metadata={"hdi_isfolder": "true"})
    for most in (None, 3):
        found = bucket.list("a", most)
        assert list(found)[: most or 7] == keys[: most or 7]
        assert len(found) == 7 if most is None else 3 <= len(found) < 7
    bucket.delete(*keys, "nothing")
    assert bucket.list("") == {"b": 2}


@pytest.mark.parametrize("name", ["a b/ü%41+?#&=.json", "'()*!~,;:@$/x", "x" * 300])
def test_a_name_is_taken_as_it_is(bucket, name):
    version = bucket.put_new(name, b"1")
    token = bucket.upload(name, io.BytesIO(b"22"))

    assert bucket.complete(name, token)
    assert bucket.put_over(name, b"3", version) is None
    assert bucket.list(name[:5]) == {name: 2}
    bucket.delete(name)
    assert bucket.get(name) is None


def test_a_blob_that_is_empty_is_one(bucket):
    bucket.put("a", b"")

    assert bucket.get("a").data == bucket.download("a").read() == b""


@pytest.mark.parametrize("fault", ["SlowDown", "InternalError", "unheard", "truncated", "failed_afterwards"])
def test_a_fault_that_passes_is_waited_for(faulty, fault):
    bucket, proxy = faulty
    bucket.put("b", b"b" * 100_000)
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


def test_a_fault_at_any_request_of_a_copy_is_waited_for(faulty):
    bucket, proxy = faulty
    for first in range(1, 4):
        token = bucket.upload("c", io.BytesIO(b"%d" % first))
        proxy.plan = Plan("lost", first)
        assert bucket.complete("c", token)
        assert (proxy.plan.met, bucket.get("c").data) == (1, b"%d" % first)


def test_an_upload_that_breaks_off_for_good_leaves_none(faulty):
    bucket, proxy = faulty
    for first in (1, 2):
        proxy.plan = Plan("SlowDown", first, IMPATIENT.attempts)
        with pytest.raises(DiskError, match=r"the store says SlowDown; try again later"):
            bucket.upload("a", io.BytesIO(b"1"))
    assert bucket.list("") == {}


def test_no_request_is_sent_more_often_than_is_asked_for(faulty):
    bucket, proxy = faulty
    bucket.put("a", b"1" * 1000)
    for fault in ("SlowDown", "unheard", "truncated"):
        proxy.plan = Plan(fault, 1, 1000)
        with pytest.raises(DiskError):
            bucket.get("a")
        assert proxy.plan.met == IMPATIENT.attempts


def test_a_blob_that_is_replaced_while_it_is_read_is_not_mixed_up(bucket):
    bucket.put("a", b"1" * 200_000)
    with bucket.download("a") as handle:
        bucket.put("a", b"2" * 200_000)
        with pytest.raises(FileNotFoundError, match="removed or replaced while it was read"):
            handle.read()


def test_a_signature_is_enough_to_write_and_to_copy(bucket):
    with patch.dict(os.environ, {"AZURE_STORAGE_SAS_TOKEN": f"?{a_signature()}"}):
        del os.environ["AZURE_STORAGE_KEY"]
        assert bucket.complete("a", bucket.upload("a", io.BytesIO(b"1")))
        assert list(bucket.list("")) == ["a"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"AZURE_STORAGE_KEY": "d3Jvbmc="}, "there, with a key that is right"),
        ({"AZURE_STORAGE_KEY": "wrong"}, "the key of the account is none; copy it whole"),
        (
            {"AZURE_STORAGE_KEY": "", "AZURE_STORAGE_SAS_TOKEN": "sv=2020-02-10&sig=canary"},
            "there, with a key that is right",
        ),
        ({"AZURE_STORAGE_KEY": "", "AZURE_STORAGE_SAS_TOKEN": "rl"}, "access denied; who asks must be allowed"),
    ],
    ids=["secret", "form", "signature", "rights"],
)
def test_who_may_not_write_is_told_so(bucket, changed, said):
    if changed.get("AZURE_STORAGE_SAS_TOKEN") == "rl":
        changed["AZURE_STORAGE_SAS_TOKEN"] = a_signature("rl")
    with patch.dict(os.environ, changed), pytest.raises(DestinationError, match=said) as caught:
        bucket.put("a", b"1")
    assert "canary" not in str(caught.value)


@pytest.mark.usefixtures("bucket")
def test_a_container_that_is_not_there_is_told_and_not_made():
    bucket = AzureBucket("nowhere", "x", "az://nowhere/x", DEFAULT_REMOTE)
    for verb in (lambda: bucket.get("a"), lambda: bucket.put("a", b""), lambda: bucket.list("")):
        with pytest.raises(DestinationError, match=r"there is no such container; create it"):
            verb()
    assert not azurite.client(azurite.endpoint(), "nowhere").exists()


def test_an_account_that_is_not_there_is_told_at_once():
    there = {"AZURE_STORAGE_ACCOUNT": "nobody", "AZURE_STORAGE_KEY": "aaaa", "AZURE_STORAGE_ENDPOINT": ""}
    unknown = patch("socket.getaddrinfo", side_effect=socket.gaierror(socket.EAI_NONAME, "not known"))
    with patch.dict(os.environ, there), unknown, pytest.raises(DestinationError, match="no host of that name; look at"):
        az("az://tests/x", DEFAULT_REMOTE)._bucket.get("a")


@pytest.mark.parametrize(
    "location",
    [
        *("az://", "az://B_d/x", "az:///x", "az://abc/x?y", "az://abc/x#y", "az://ab", "az://-abc", "az://a--b"),
        *("az://abc/../x", "az://abc/x/./y", "az://account.blob.core.windows.net/abc", "az://abc/a\\b"),
    ],
)
def test_a_location_that_is_none_is_refused(location):
    with pytest.raises(UsageError, match=r"write az://CONTAINER/PREFIX"):
        az(location, DEFAULT_REMOTE)


def test_a_location_with_a_password_is_refused_without_repeating_it():
    with pytest.raises(UsageError) as caught:
        az("az://key:canary@abc/x", DEFAULT_REMOTE)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("given", ["az://abc", "az://abc/", "az://abc/a/b", "az://abc/a/b/"])
def test_a_location_is_shown_as_it_is_opened(given):
    found = az(given, DEFAULT_REMOTE)

    assert found.shown == found.location == given.rstrip("/")
