"""A night's run into a bucket asks for the same few things whatever stands there, and sends each byte once."""

from __future__ import annotations

from collections import Counter

from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from rowmill.sinks.remote import DEFAULT_REMOTE
from support.network import a_place, on_a_network
from support.runs import land, toy_registered
from support.servers.faults import Plan
from support.toy import toy

OF_A_FILE = 5
"""It is begun, sent and completed; its upload is noted, and its part sealed."""
BESIDE = 19
"""Requests of a night beside those of its files."""


def nights(proxy, out, count):
    """Yield the requests of one night after the other."""
    dataset = toy(rows=400, blocks=2, days=count)
    for night in range(count):
        proxy.plan = Plan()
        land(dataset, out, Slice(range(night, night + 1)), part_rows=100_000)
        yield proxy.plan.asked


def test_the_requests_of_a_night_do_not_grow_with_the_nights_before():
    with toy_registered(), on_a_network("s3", DEFAULT_REMOTE) as proxy:
        out = a_place("s3")
        asked = list(nights(proxy, out, 4))
        proxy.plan = Plan()
        verified = verify(out).ok

    files = [sum(verb == "PUT" and "uploadId" in query for verb, _, query in night) for night in asked]
    assert verified
    assert len({len(night) for night in asked[1:]}) == 1
    assert len(asked[-1]) - OF_A_FILE * files[-1] <= BESIDE


def test_every_byte_of_a_file_is_sent_once():
    with toy_registered(), on_a_network("s3", DEFAULT_REMOTE) as proxy:
        out = a_place("s3")
        (night,) = nights(proxy, out, 1)

    sent = Counter(path for verb, path, query in night if verb == "PUT" and "uploadId" in query)
    assert set(sent.values()) == {1}
    assert not any("copy" in query.lower() for _, _, query in night)
