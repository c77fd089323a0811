"""Whatever the destination, its profile is the same; a profile that is stopped leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from importlib import import_module

import pytest

import rowmill
from rowmill.api.profile import published_name
from rowmill.core.errors import UsageError
from rowmill.quality.profile.report.page import page
from rowmill.sinks.registry import takes_rows
from support.pages import read
from support.places import KINDS
from support.switches import switch

DATA = rowmill.dataset("payments", rows=1_000, seed=1)
EVERYTHING = pytest.mark.skipif(not switch("ROWMILL_FAULTS"), reason="every destination is looked at in make faults")


def facts(found):
    """Return what does not depend on how rows lie: which ones come first, and what they take."""
    plain = found.to_json()
    for table in plain["tables"]:
        for name in ("bytes", "first_rows"):
            del table[name]
    return {name: plain[name] for name in ("tables", "relations", "asked", "findings")}


@EVERYTHING
@pytest.mark.parametrize("kind", KINDS)
def test_every_destination_has_the_same_profile_and_a_place_for_it_or_none(tmp_path, kind):
    with import_module(f"support.places.{kind}").place(tmp_path) as out:
        for place in (out, tmp_path / "same"):
            DATA.write(place, settings={"workers": 1})
        found, same = rowmill.profile(out), rowmill.profile(tmp_path / "same")

        assert facts(found) == facts(same)
        read(page(found))
        if takes_rows(out):
            with pytest.raises(UsageError, match="has no place for a page"):
                published_name(out)
        else:
            rowmill.profile(out, publish=True)
            assert published_name(out) == "profile_1K_2025-11-30.html"


@EVERYTHING
@pytest.mark.parametrize("seconds", [0.3, 0.8, 1.2, 1.6, 2.0, 2.5])
def test_a_profile_that_is_stopped_leaves_nothing(tmp_path, seconds):
    DATA.write(tmp_path / "out", settings={"workers": 1})
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    command = [sys.executable, "-m", "rowmill", "profile", tmp_path / "out", "--out", tmp_path / "x.html", "--quiet"]
    told = {**os.environ, "TMPDIR": str(temporary)}
    process = subprocess.Popen(command, env=told, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    said = process.communicate()

    assert process.returncode in (0, 130, -signal.SIGINT), said
    assert said[0] == ""
    assert said[1] in ("", "rowmill: interrupted\n") or process.returncode == -signal.SIGINT
    assert (tmp_path / "x.html").exists() == (process.returncode == 0)
    assert list(temporary.iterdir()) == []
