"""Files that are damaged once they are committed: a verification names exactly these, a repair makes exactly these."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from rowmill.run.checks.verify import verify
from rowmill.run.mending import mend
from support.matrix.harm import HARMS
from support.matrix.jobs import all_files, whole
from support.matrix.judge import Cell, Series


@contextmanager
def damage(cell: Cell) -> Iterator[Series]:
    """Damage each file in each way."""
    ground = cell.ground
    ground.prepare(partial(whole, cell.scene))
    paths = ground.do(partial(all_files, ground.place())).outcome().value

    def case(number: int) -> str | None:
        out, path, how = ground.place(), paths[number // len(HARMS)], HARMS[number % len(HARMS)]
        harmed = ground.do(partial(ground.harm, out, path, how)).outcome()
        if harmed.how != "ended":
            return f"cannot be harmed: {harmed}"
        if not harmed.value:
            return None
        done = ground.do(partial(_repaired, out)).outcome()
        if done.how != "ended":
            return f"{how} {path}: {done}"
        named, made = done.value
        if named != harmed.value or made != len(named):
            return f"{how} {path}: {sorted(named)} are named and {made} made again, not {sorted(harmed.value)}"
        said = cell.met(out, number, again=False)
        return said and f"{how} {path}: {said}"

    yield Series(case, range(len(paths) * len(HARMS)))


def _repaired(out: str) -> tuple[set[str], int]:
    named = {problem.path for problem in verify(out, remake="none").problems if problem.path}
    return named, mend(out, named, workers=1)
