"""Runs on a real S3 server through a proxy that makes faults; each is held against a clean run."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from unittest.mock import patch

from rowmill.core.errors import RowmillError
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.sinks.objects.s3 import s3
from rowmill.sinks.registry import DESTINATIONS, destination
from rowmill.sinks.remote import Remote
from support.crash_bucket import SCENARIOS, state
from support.servers import seaweed
from support.servers.faults import FAULTS, Plan, Proxy, before

IMPATIENT = Remote(attempts=4, timeout_seconds=0.5)
"""So that a test is quick: a burst of two faults passes, one that does not end does not."""
BURST, FOREVER = 2, 1_000_000
_NUMBERS = count(1)


@contextmanager
def on_a_network() -> Iterator[Proxy]:
    """Yield a proxy before the server, through which goes what this process writes."""
    with before(seaweed.endpoint()) as proxy:
        places = {**seaweed.environment(), "AWS_ENDPOINT_URL": proxy.url}
        made = {"s3": lambda location, _remote: s3(location, IMPATIENT)}
        with (
            patch.dict(os.environ, places),
            patch.dict(DESTINATIONS, made),
            patch("rowmill.sinks.objects.patience._FIRST_SECONDS", 0.001),
        ):
            yield proxy


@dataclass(frozen=True)
class Clean:
    """What a scenario does where nothing goes wrong."""

    requests: int
    digest: str
    keys: set[str]


@dataclass
class Trials:
    """Runs that meet faults, each drawn from a seed and its number."""

    proxy: Proxy
    seed: int
    met: int = 0
    """Faults so far."""
    clean: dict[str, Clean] = field(default_factory=dict)

    def wrong(self, number: int) -> str:
        """Return what went wrong in one of them; empty where nothing did."""
        draw = random.Random(f"{self.seed}-{number}")
        scenario, fault = draw.choice(list(SCENARIOS)), draw.choice(list(FAULTS))
        times = FOREVER if fault == "AccessDenied" else draw.choice((1, BURST, FOREVER))
        self.proxy.cut = draw.randrange
        first = draw.randint(1, self._clean(scenario).requests)
        said = self.meets(scenario, fault, first, times)
        return said and f"case {number}: {scenario}, {fault} at request {first}, {times} times: {said}"

    def meets(self, scenario: str, fault: str, first: int, times: int) -> str:
        """Return what is wrong after a run that met a fault at some request, and was resumed if that ended it."""
        clean, (begin, run) = self._clean(scenario), SCENARIOS[scenario]
        out = self._begun(begin)
        earlier = state(out)
        self.proxy.plan = Plan(fault, first, times)
        failed = ""
        try:
            run(out, "new")
        except RowmillError as error:
            failed = str(error)
        self.met += self.proxy.plan.met
        self.proxy.plan = Plan()
        if failed and times <= BURST and fault != "AccessDenied":
            return f"did not pass: {failed}"
        if failed:
            _end_leases(out)
            torn = state(out) == "torn" and all(found.published for found in [read(out)])
            for mode in ("resume", "new") if state(out) == earlier else ("resume",):
                with suppress(RowmillError):
                    run(out, mode)
                    break
            if torn:
                return f"half of it was shown after: {failed}"
        if state(out) != clean.digest or not verify(out).ok:
            return f"is {state(out)}, not {clean.digest}; {[str(each) for each in verify(out).problems]}"
        return f"left {sorted(_keys(out) ^ clean.keys)}" if _keys(out) != clean.keys else ""

    def commits(self, scenario: str) -> int:
        """Return the number of the request that commits: the last but one that writes the head."""
        begin, run = SCENARIOS[scenario]
        out = self._begun(begin)
        self.proxy.plan = Plan()

        run(out, "new")
        asked = enumerate(self.proxy.plan.asked, 1)
        return [number for number, (verb, path) in asked if verb == "PUT" and path.endswith("/head.json")][-2]

    def _clean(self, scenario: str) -> Clean:
        if scenario not in self.clean:
            begin, run = SCENARIOS[scenario]
            out = self._begun(begin)
            self.proxy.plan = Plan()
            run(out, "new")
            requests = len(self.proxy.plan.asked)
            self.clean[scenario] = Clean(requests, read(out).digest, _keys(out))
        return self.clean[scenario]

    def _begun(self, begin) -> str:
        self.proxy.plan = Plan()
        out = f"s3://{seaweed.BUCKET}/network-{os.getpid()}-{next(_NUMBERS)}"
        begin(out)
        return out


def _bucket(out: str):
    return destination(out)._bucket


def _keys(out: str) -> set[str]:
    kept = (key for key in _bucket(out).list("") if not key.startswith("_rowmill/locks/"))
    return {re.sub(r"manifest-\w+", "manifest", key) for key in kept}


def _end_leases(out: str) -> None:
    """Remove what a process holds that would have ended."""
    for key in _bucket(out).list("_rowmill/locks/"):
        _bucket(out).delete(key)
