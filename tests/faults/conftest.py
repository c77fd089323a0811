"""Faults are tried on the toy domain."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.runs import toy_registered


@pytest.fixture(autouse=True, scope="module")
def _toy_registered():
    with toy_registered():
        yield


@pytest.fixture
def fast_folder(tmp_path_factory):
    """Give a folder in memory where there is one: thousands of syncs are tried, not the speed of a disk."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path_factory.mktemp("crash")
        return
    import tempfile

    with tempfile.TemporaryDirectory(dir=memory, prefix="rowmill-") as folder:
        yield Path(folder)
