"""One case: a fault meets a run; then what a reader finds, whether it is taken up to its end, and what is left."""

from __future__ import annotations

import io
import random
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

from rowmill.cli import main
from rowmill.run.checks.verify import verify
from support.matrix.apart import Outcome
from support.matrix.grounds import Ground, Stand, stand
from support.matrix.jobs import Job, Scene

FINE = (0, 2, 3)
_WORDS = {"info": (), "verify": ("--remake", "none", "--quiet")}
_VERIFIED = 0.25
"""In so many cases all is read back through the destination, between two runs and in the end."""
_FAR = 60
"""The second death comes at one of so many steps."""


class Series(NamedTuple):
    """Cases by number."""

    case: Callable[[int], str | None]
    """Tries one; returns what is wrong, empty where nothing is, and None where the fault was not met."""
    numbers: Iterable[int] = ()
    """Of all cases."""
    ends: bool = False
    """Whether there is none after the first that is not met."""


@dataclass(frozen=True)
class Cell:
    """A job at a destination, and what it does where nothing goes wrong."""

    ground: Ground
    scene: Scene
    job: Job
    before: Stand
    after: Stand
    seed: str
    seconds: float
    """That the job takes."""

    def run(self, out: str, mode: str = "new") -> partial[None]:
        """Return the run of the job."""
        return partial(self.job.run, self.scene, out, mode)

    def luck(self, number: int) -> random.Random:
        """Return what a case draws from."""
        return random.Random(f"{self.seed} {number}")

    def met(self, out: str, number: int, *, again: bool) -> str:
        """Return what is wrong after a fault.

        Args:
            out: where it came.
            number: of the case.
            again: whether the run that takes it up dies too.
        """
        luck = self.luck(number)
        wrong = self._between(out, ["info", "verify"][: 1 + (luck.random() < _VERIFIED)])
        if again and not wrong:
            last = self.ground.do(self.run(out, "resume"), luck.randint(1, _FAR)).outcome()
            wrong = last.bad or self._between(out, [])
        return wrong or self._finished(out, read=luck.random() < _VERIFIED)

    def _between(self, out: str, commands: Sequence[str]) -> str:
        """Return what a reader finds that is neither what was there nor what shall be."""
        looked = self.ground.do(partial(_looked, self.ground, out, commands)).outcome()
        if looked.how != "ended":
            return f"cannot be looked at: {looked}"
        now, said = looked.value
        if said:
            return str(said)
        if now.told not in (self.before.told, self.after.told):
            return f"tells of {now.told}"
        if now.told == self.before.told != self.after.told and now.seen != self.before.seen:
            return f"shows {_difference(now.seen, self.before.seen)} that is not committed"
        half = {
            name
            for name, group in _groups(self, now.seen, self.before.seen, self.after.seen).items()
            if group[0] not in group[1:]
        }
        return f"shows half of {sorted(half)}" if half else ""

    def _finished(self, out: str, *, read: bool) -> str:
        """Take the run up to its end; return what is then wrong."""
        for mode in ("resume", "new"):
            last = self.ground.do(partial(_ended, self.ground, out, self.run(out, mode), read=read)).outcome()
            if last.how != "refused":
                break
        if last.how != "ended":
            return f"cannot be finished: {last}"
        now, problems = last.value
        if problems:
            return f"verify says {problems[:3]}"
        if now.told != self.after.told or not now.shown:
            return f"holds {now.told}, not {self.after.told}"
        if now.seen != self.after.seen:
            return f"shows otherwise {_difference(now.seen, self.after.seen)}"
        return f"leaves {sorted(now.names ^ self.after.names)[:5]}" if now.names != self.after.names else ""


def cell(ground: Ground, scene: Scene, job: Job, seed: str) -> Cell:
    """Do a job undisturbed, and return what to hold others against."""
    ground.prepare(partial(job.begin, scene))
    out = ground.place()
    before = _made(ground.do(partial(stand, ground, out)).outcome())
    begun = time.monotonic()
    done = partial(_first, ground, out, partial(job.run, scene, out, "new"))
    after, problems, modules = _made(ground.do(done).outcome())
    assert not problems, problems
    seconds = time.monotonic() - begun
    for name in modules:
        # What each fork would load for itself again.
        with suppress(ImportError):
            import_module(name)
    return Cell(ground, scene, job, before, after, seed, seconds)


def _first(ground: Ground, out: str, run: Callable[[], object]) -> tuple[Stand, list[str], list[str]]:
    """Run to the end; return how things stand then, what is wrong with it, and the modules that all of this takes."""
    return *_ended(ground, out, run, read=True), sorted(sys.modules)


def _made(outcome: Outcome) -> Any:
    assert outcome.how == "ended", outcome
    return outcome.value


def _looked(ground: Ground, out: str, commands: Sequence[str]) -> tuple[Stand, str]:
    """Return how things stand, and what is wrong with what commands that read say of it."""
    now = stand(ground, out)
    for command in commands:
        said = io.StringIO()
        with redirect_stderr(said), redirect_stdout(io.StringIO()):
            code = main([command, out, *_WORDS[command]])
        if code not in FINE or "Traceback" in said.getvalue():
            return now, f"{command} ends with {code}: {said.getvalue()[-500:]}"
    return now, ""


def _ended(ground: Ground, out: str, run: Callable[[], object], *, read: bool) -> tuple[Stand, list[str]]:
    """Run to the end; return how things stand then, and what is wrong with what is read back, where that is asked for.

    A stranger who finds what an undisturbed run left, which was read back, finds what is right.
    """
    run()
    return stand(ground, out), [str(problem) for problem in verify(out, remake="none").problems] if read else []


def _groups(cell: Cell, *seen: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    """Return contents by what changes at once."""
    whole = "file" if cell.job.of_files and cell.ground.whole != "all" else cell.ground.whole
    keys = {"all": lambda _: "", "table": lambda name: name.partition("/")[0], "file": str}
    key = keys[whole]
    names = {key(name) for each in seen for name in each}
    return {name: [{n: text for n, text in each.items() if key(n) == name} for each in seen] for name in names}


def _difference(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))[:5]
