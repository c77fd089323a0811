"""The contract suites run on the domains of tests."""

from __future__ import annotations

import pytest

from support.runs import registered


@pytest.fixture(autouse=True, scope="module")
def _domains_registered():
    with registered("toy"), registered("shop"):
        yield
