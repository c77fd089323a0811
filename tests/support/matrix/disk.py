"""Disks of every size: one that is full is said to be, and when there is room again the run goes on."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

from support.matrix.disks import Folder
from support.matrix.judge import Cell, Series

_PAGE = 4096
_ROOM = "size=256m"


@contextmanager
def disk(cell: Cell) -> Iterator[Series]:
    """Give a run so many pages; where nobody may mount a disk, files of so many at most."""
    assert isinstance(cell.ground, Folder)
    folder = cell.ground.root / "disk"
    folder.mkdir()
    mounted = os.geteuid() == 0 and _mount(folder, _ROOM)
    ground = type(cell.ground)(folder)
    ground.prepare(partial(cell.job.begin, cell.scene))
    cell = replace(cell, ground=ground)
    step = _PAGE if ground.whole == "table" else 16 * _PAGE

    def case(number: int) -> str | None:
        out = ground.place()
        if mounted:
            look = os.statvfs(folder)
            used = (look.f_blocks - look.f_bfree) * look.f_frsize
            assert _mount(folder, f"remount,size={used + number * step}")
            first = ground.do(cell.run(out)).outcome()
            assert _mount(folder, f"remount,{_ROOM}")
        else:
            first = ground.do(partial(_limited, number * step // 8, cell.run(out))).outcome()
        return None if first.how == "ended" else first.bad or cell.met(out, number, again=False)

    try:
        yield Series(case, count(1), ends=True)
    finally:
        if mounted:
            subprocess.run(["umount", folder], check=True)


def _mount(folder: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _limited(size: int, run: Callable[[], object]) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
