"""The contract suites run on the toy domain."""

from __future__ import annotations

import pytest

from support.runs import toy_registered


@pytest.fixture(autouse=True, scope="module")
def _toy_registered():
    with toy_registered():
        yield
