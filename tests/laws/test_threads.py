"""A dataset may be read from several threads: the rows of a tile are those that one thread gets."""

from __future__ import annotations

import random
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from laws.contents import build, every_domain, windows_of
from rowmill.model.digest import Digester

THREADS = 16
TRIES = 10
MOST_WINDOWS = 12


@pytest.fixture
def restless():
    """Let threads change places all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def pieces(dataset):
    """Return what to read: whole blocks, and single windows of them out of order, of every table."""
    found = []
    for name, table in dataset.tables.items():
        windows = windows_of(dataset, name)[:MOST_WINDOWS]
        for block in range(table.blocks):
            single = [range(window, window + 1) for window in windows[::3]]
            found += [(name, block, asked) for asked in (windows, *single)] * TRIES
    random.Random(5).shuffle(found)
    return found


def read(dataset, piece):
    """Return the digest of a piece's rows."""
    name, block, windows = piece
    digester = Digester(dataset.tables[name].schema)
    for tile in dataset.tables[name].tiles(block, windows):
        digester.add(tile)
    return digester.finish()


@every_domain
@pytest.mark.parametrize("which", [0, 1], ids=["one-block", "several-blocks"])
@pytest.mark.usefixtures("restless")
def test_sixteen_threads_read_the_rows_that_one_reads(case, which):
    alone, shared = build(case.name, case.fixed[which]), build(case.name, case.fixed[which])
    asked = pieces(alone)
    wanted = {piece: read(alone, piece) for piece in dict.fromkeys(asked)}

    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(lambda piece: read(shared, piece), asked))

    assert all(digest == wanted[piece] for piece, digest in zip(asked, found, strict=True))
    assert any(digest.rows for digest in found)
