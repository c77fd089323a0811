"""What is done when a fault comes: each job has a beginning, which no fault meets, and a run, which is done again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rowmill.api.copy import copy
from rowmill.run.books.manifest import read
from rowmill.run.events import Receipt
from rowmill.run.mending import mend
from rowmill.run.request import WHOLE_PERIOD, Slice
from rowmill.run.runner import finalize
from rowmill.run.settings import RunSettings
from rowmill.run.work import work
from rowmill.sinks.registry import takes_rows
from support.matrix.subjects import Subject
from support.runs import land

FIRST, SECOND, LATER = Slice(range(1)), Slice(range(1, 2)), Slice(range(1, 3))


@dataclass(frozen=True, slots=True)
class Scene:
    """What a job works with."""

    subject: Subject
    scratch: Path
    """A folder for what lies elsewhere."""
    harm: Callable[[str, str, str], object]
    """Does harm of some kind to what stands at a location of a file."""


def _land(scene: Scene, out: str | Path, what: Slice = WHOLE_PERIOD, *, mode: str = "new", **more: object) -> None:
    land(scene.subject.dataset, out, what, mode=mode, **{**scene.subject.settings, **more})


def nothing(scene: Scene, out: str) -> None:
    """Begin with nothing."""


def whole(scene: Scene, out: str, mode: str = "new") -> None:
    """Write everything."""
    _land(scene, out, mode=mode)


def broken_off(scene: Scene, out: str) -> None:
    """Begin with two parts of an unfinished run."""
    chosen = {"part_rows": 150, "row_group_rows": 90, **scene.subject.settings}
    sealed = 0
    with closing(work(scene.subject.dataset, RunSettings(out=out, workers=1, **chosen))) as steps:
        for step in steps:
            sealed += isinstance(step, Receipt)
            if sealed == 2:
                return


def resumed(scene: Scene, out: str, mode: str) -> None:  # noqa: ARG001 - it is always the same
    """Finish it."""
    _land(scene, out, mode="resume")


def first_day(scene: Scene, out: str) -> None:
    """Begin with the first slice."""
    _land(scene, out, FIRST)


def next_day(scene: Scene, out: str, mode: str) -> None:
    """Write the second slice beside it."""
    _land(scene, out, SECOND, mode=mode)


def other_seed(scene: Scene, out: str) -> None:
    """Begin with other data, in files of the same names."""
    land(scene.subject.other, out, **scene.subject.settings)


def overwritten(scene: Scene, out: str, mode: str) -> None:
    """Write everything over what is there, one file a table."""
    single = {} if takes_rows(out) else {"single_file": True}
    _land(scene, out, mode="overwrite" if mode == "new" else mode, **single)


def narrowed(scene: Scene, out: str, mode: str) -> None:
    """Write one slice over the whole period."""
    _land(scene, out, FIRST, mode="overwrite" if mode == "new" else mode)


def half_copied(scene: Scene, out: str) -> None:
    """Begin with a copy of a folder that has more slices by now."""
    source, before = scene.scratch / "source", scene.scratch / "before"
    if not source.exists():
        for what in (FIRST, LATER) if scene.subject.windows > 1 else (WHOLE_PERIOD,):
            _land(scene, source, what)
        if scene.subject.windows > 1:
            _land(scene, before, FIRST)
    if before.exists():
        _copied(scene, before, out)


def copied(scene: Scene, out: str, mode: str) -> None:  # noqa: ARG001 - a copy goes on by itself
    """Copy what is not there, in other files."""
    _copied(scene, scene.scratch / "source", out)


def _copied(scene: Scene, source: Path, out: str) -> None:
    looks = {} if takes_rows(out) else {"name": "{table}-{part}"}
    if looks and scene.subject.partition:
        looks["partition_by"] = scene.subject.partition
    copy(source, out, settings={"workers": 1, **looks})


def all_files(out: str) -> list[str]:
    """Return the paths of all files."""
    return [file.path for table in read(out).tables.values() for file in table.files]


def files_of(out: str) -> list[str]:
    """Return the paths of the files that have rows."""
    return [file.path for table in read(out).tables.values() for file in table.files if file.rows]


def damaged(scene: Scene, out: str) -> None:
    """Begin with two files that were changed."""
    whole(scene, out)
    for path in files_of(out)[:: len(files_of(out)) - 1]:
        scene.harm(out, path, "flipped")


def repaired(scene: Scene, out: str, mode: str) -> None:  # noqa: ARG001 - a repair is done anew
    """Make them again."""
    mend(out, files_of(out)[:: len(files_of(out)) - 1], workers=1)


def shared(scene: Scene, out: str, mode: str) -> None:
    """Write both shares, and finalize."""
    for part in ((1, 2), (2, 2)):
        _land(scene, out, Slice(part=part), mode=mode)
    finalize(out)


@dataclass(frozen=True, slots=True)
class Job:
    """A beginning and a run."""

    begin: Callable[[Scene, str], None]
    run: Callable[[Scene, str, str], None]
    """Given what to work with, where, and ``new`` or ``resume``."""
    slices: bool = False
    """Whether it takes data of several slices."""
    of_files: bool = False
    """Whether each file is another change."""


JOBS = {
    "fresh": Job(nothing, whole),
    "resume": Job(broken_off, resumed),
    "slice": Job(first_day, next_day, slices=True),
    "overwrite": Job(other_seed, overwritten),
    "narrow": Job(whole, narrowed, slices=True),
    "copy": Job(half_copied, copied),
    "repair": Job(damaged, repaired, of_files=True),
    "shares": Job(nothing, shared),
}
