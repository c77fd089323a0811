"""One small destination that tests of this room look at, and strange files beside it."""

from __future__ import annotations

import pytest

import rowmill

DATA = rowmill.dataset("payments", rows=3_000, seed=3, start="2025-11-01", end="2025-11-04")


@pytest.fixture(scope="session")
def payments(tmp_path_factory):
    """Return a folder with a small set of payments."""
    place = tmp_path_factory.mktemp("quality") / "payments"
    DATA.write(place)
    return place
