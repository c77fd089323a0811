"""Variables that ask the tests for more are read in one place, and no product that a test runs sees them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from support.switches import NAMES, switch, take

NAMED = rf"[\"\'](?:{'|'.join(NAMES)})[\"\']"
READ = re.compile(rf"environ.*{NAMED}|{NAMED}.*environ")


def test_a_variable_of_the_tests_is_moved_aside_and_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"ROWMILL_FAULTS": "7", "ROWMILL_DATA__SEED": "1"})

    take()
    take()

    assert switch("ROWMILL_FAULTS", "1") == "7"
    assert switch("ROWMILL_PARITY_CASES", "32") == "32"
    assert os.environ == {"TESTS_FAULTS": "7", "ROWMILL_DATA__SEED": "1"}


def test_nobody_reads_such_a_variable_past_that(root: Path) -> None:
    mine = Path(__file__)
    files = [path for path in (root / "tests").rglob("*.py") if path != mine]

    assert [str(path) for path in files if READ.search(path.read_text("utf-8"))] == []
