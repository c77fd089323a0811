"""What stores and networks do to requests: the answers of a real server, through a proxy that makes faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from support.matrix.judge import Cell, Series
from support.matrix.stores import Store
from support.network import BURST, FOREVER, LINES, impatient
from support.servers.faults import Plan, before

_DENIED = "AccessDenied"


@contextmanager
def network(cell: Cell) -> Iterator[Series]:
    """Let some requests of a run meet a fault: one, a burst, or all from one on."""
    assert isinstance(cell.ground, Store)
    scheme = cell.ground.bucket.partition(":")[0]
    faults = LINES[scheme].faults
    with before(LINES[scheme].endpoint()) as proxy:

        def through(run: Callable[[], object]) -> None:
            with impatient(scheme, proxy.url):
                run()

        out = cell.ground.place()
        assert cell.ground.do(partial(through, cell.run(out))).outcome().how == "ended"
        requests = len(proxy.plan.asked)
        heads = [
            n for n, (verb, path, _) in enumerate(proxy.plan.asked, 1) if (verb, path[-10:]) == ("PUT", "/head.json")
        ]

        def case(number: int) -> str | None:
            luck, fault = cell.luck(number), faults[number % len(faults)]
            times = FOREVER if fault == _DENIED else luck.choice((1, BURST, FOREVER))
            out = cell.ground.place()
            # Each fault comes first at the last but one that writes the head, which commits.
            at = heads[-2:][0] if heads and number < len(faults) else luck.randint(1, requests)
            proxy.cut, proxy.plan = luck.randrange, Plan(fault, at, times)
            first = cell.ground.do(partial(through, cell.run(out))).outcome()
            met, where, proxy.plan = proxy.plan.met, f"{fault} at {proxy.plan.first}, {times} times", Plan()
            if not met:
                return None
            if first.how == "refused" and times <= BURST:
                return f"{where}: did not pass: {first.said}"
            said = first.bad or cell.met(out, number, again=False)
            return said and f"{where}: {said}"

        yield Series(case, range(1_000_000))
