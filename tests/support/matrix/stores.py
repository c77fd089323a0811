"""Places in object stores: in memory, and of servers."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from rowmill.sinks.objects.bucket import BucketDestination
from rowmill.sinks.objects.verbs import Bucket
from rowmill.sinks.registry import DESTINATIONS, destination
from rowmill.testing import Crash, Faults, MemoryBuckets
from rowmill.testing.memory import SCHEME
from support.matrix.apart import Apart, Outcome, begun, done
from support.matrix.harm import harm_files
from support.matrix.steps import armed, die, steps_to
from support.servers import azurite, seaweed

_PLACES = count(1)
_UPLOADS = "_rowmill/uploads/"
"""Where those of Azure wait."""
_DEATHS = 3
"""Of a case at most."""
_LONG = 600.0
"""Seconds after which no lease of the dead lasts."""


def bucket_of(out: str) -> Bucket:
    """Return the bucket of a location."""
    found = destination(out)
    assert isinstance(found, BucketDestination)
    return found._bucket


def _sight(bucket: Bucket, unknown: int = 0) -> tuple[dict[str, str], set[str]]:
    """Return content of files and all names; of an upload that nobody noted, nobody knows: each death may leave one."""
    names = set(bucket.list(""))
    left = {name for name in names if name.startswith(_UPLOADS)}
    names -= left
    if len(left) + unknown > _DEATHS:
        names.add(f"{len(left) + unknown} uploads")
    data = {name: bucket.get(name) for name in names if "/" in name and not name.startswith("_")}
    return {name: hashlib.md5(found.data).hexdigest() for name, found in data.items() if found}, names


@dataclass(frozen=True)
class _Files:
    bucket: Bucket

    def get(self, path: str) -> bytes:
        found = self.bucket.get(path)
        assert found is not None
        return found.data

    def put(self, path: str, data: bytes) -> None:
        self.bucket.put(path, data)

    def drop(self, path: str) -> None:
        self.bucket.delete(path)


@dataclass
class Here:
    """Work that was done in this process."""

    found: Outcome

    def outcome(self) -> Outcome:
        return self.found


class Memory:
    """Buckets in memory: whoever dies there is an exception, after which no operation of it is done."""

    whole = "file"
    apart = False

    def __init__(self, root: Path) -> None:  # noqa: ARG002
        self.buckets = MemoryBuckets()
        DESTINATIONS[SCHEME] = self.buckets.destination

    def prepare(self, begin: Callable[[str], object]) -> None:
        """Say how every place begins."""
        made = self.do(lambda: begin("memory://begin")).outcome()
        assert made.how == "ended", made

    def place(self) -> str:
        """Return the location of one that is as at the beginning; others are forgotten."""
        begin, name = self.buckets.bucket("memory://begin"), f"out-{next(_PLACES)}"
        self.buckets.buckets = {"begin": begin, name: begin.copy()}
        return f"memory://{name}"

    def do(self, work: Callable[[], Any], at: int = 0, happens: object = None) -> Here:  # noqa: ARG002
        """Do work, which dies at a step."""
        for bucket in self.buckets.buckets.values():
            bucket.faults = Faults(at)
        try:
            return Here(done(work))
        except Crash:
            return Here(Outcome("died"))
        finally:
            self.buckets.clock.now += _LONG
            for bucket in self.buckets.buckets.values():
                bucket.faults = Faults()

    def sight(self, out: str) -> tuple[dict[str, str], set[str]]:
        """Return what is in the bucket, and open uploads."""
        bucket = self.buckets.bucket(out)
        return _sight(bucket_of(out), len(bucket.uploads) - sum("/staging/" in name for name in bucket.objects))

    def harm(self, out: str, path: str, how: str) -> set[str]:
        """Do harm to a file; return the paths of what was harmed."""
        return harm_files(_Files(bucket_of(out)), out, path, how)


@dataclass
class Store:
    """Places in a bucket of a real server: each begins anew, for nobody can copy an upload that is open."""

    bucket: str
    steps: tuple[str, ...]
    """The methods through which each request goes."""
    environment: Mapping[str, str]
    whole: str = "file"
    apart: bool = True
    begin: Callable[[str], object] = str

    def prepare(self, begin: Callable[[str], object]) -> None:
        """Say how every place begins."""
        os.environ.update(self.environment)
        # A client is made once, which forks share.
        bucket_of(f"{self.bucket}/none").list("")
        self.begin = begin

    def place(self) -> str:
        """Return the location of one that is as at the beginning."""
        out = f"{self.bucket}/matrix-{os.getpid()}-{next(_PLACES)}"
        made = self.do(lambda: self.begin(out)).outcome()
        assert made.how == "ended", made
        return out

    def do(self, work: Callable[[], Any], at: int = 0, happens: Callable[[], None] = die) -> Apart:
        """Begin work, at one of whose steps something happens."""
        return begun(partial(armed, steps_to(at, happens), self.steps, work) if at else work)

    def sight(self, out: str) -> tuple[dict[str, str], set[str]]:
        """Return what is in the bucket."""
        return _sight(bucket_of(out))

    def harm(self, out: str, path: str, how: str) -> set[str]:
        """Do harm to a file; return the paths of what was harmed."""
        return harm_files(_Files(bucket_of(out)), out, path, how)


def s3(root: Path) -> Store:  # noqa: ARG001
    """Return places on a server that speaks S3."""
    return Store(f"s3://{seaweed.BUCKET}", ("rowmill.sinks.objects.s3:S3Bucket._sent",), seaweed.environment())


def az(root: Path) -> Store:  # noqa: ARG001
    """Return places in the emulator of Azure."""
    steps = ("rowmill.sinks.objects.azure:AzureBucket._sent",)
    return Store(f"az://{azurite.CONTAINER}", steps, azurite.environment())
