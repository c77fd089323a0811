"""What a verification names as broken is made again, exactly that, wherever it stands."""

from __future__ import annotations

from importlib import import_module

import pytest

from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.run.mending import mend
from rowmill.run.request import Slice
from rowmill.sinks.registry import destination
from support.places import KINDS
from support.runs import land, registered
from support.toy import toy

DATASET = toy(rows=900, blocks=4, days=5)


@pytest.fixture(autouse=True, scope="module")
def _toy_registered():
    with registered("toy"):
        yield


@pytest.fixture(params=[kind for kind in KINDS if hasattr(import_module(f"support.places.{kind}"), "damage")])
def kind(request):
    return import_module(f"support.places.{request.param}")


def seen(out):
    """Return what the rows of each file are, and of those of a folder the files themselves."""
    target, manifest = destination(out), read(out)
    folder = target.local_folder
    paths = [path for name in manifest.tables for path in target.visible(name)]
    stats = {path: (folder / path).stat() for path in paths} if folder else {}
    return {path: (stats[path].st_ino, stats[path].st_mtime_ns) if folder else True for path in paths}


def test_files_that_were_changed_are_named_and_made_again_and_no_others(kind, tmp_path):
    with kind.place(tmp_path) as out:
        first = land(DATASET, out, Slice(range(3)))
        land(DATASET, out, Slice(range(3, 5)))
        before, files = seen(out), read(out).tables["events"].files
        broken = {files[1].path, files[-1].path, read(out).tables["things"].files[0].path}
        for path in broken:
            kind.damage(out, path)

        named = {problem.path for problem in verify(out).problems if problem.path}
        assert land(DATASET, out, Slice(range(3)), mode="resume").skipped
        made = mend(out, named, workers=1)

        assert (named, made) == (broken, 3)
        assert verify(out).ok
        after = seen(out)
        assert {path for path in after if after[path] != before[path]} <= broken
        assert land(DATASET, out, Slice(range(3))).digest == first.digest


def test_what_no_slice_has_is_not_made(kind, tmp_path):
    with kind.place(tmp_path) as out:
        land(DATASET, out)

        assert mend(out, ["events/other", ""]) == 0
        assert verify(out).ok
