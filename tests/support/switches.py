"""Variables that ask the tests for more than they do by themselves. A product run by a test does not see them.

The product refuses variables with its prefix that it does not know, so ``take`` moves these aside before any test runs;
worker processes of pytest inherit them under the other prefix.
"""

from __future__ import annotations

import os

NAMES = (
    "ROWMILL_CDISC_PILOT",
    "ROWMILL_EXPORTS",
    "ROWMILL_FAULTS",
    "ROWMILL_FAULTS_CASE",
    "ROWMILL_FAULTS_SEED",
    "ROWMILL_PARITY_CASES",
    "ROWMILL_PARITY_EMPLOYEES",
    "ROWMILL_VITALS_ROWS",
)
_PREFIX, _ASIDE = "ROWMILL_", "TESTS_"


def take() -> None:
    """Move the variables aside."""
    for name in NAMES:
        if name in os.environ:
            os.environ[_ASIDE + name.removeprefix(_PREFIX)] = os.environ.pop(name)


def switch(name: str, default: str = "") -> str:
    """Return what a variable asks for, or what to do without it."""
    assert name in NAMES, name
    return os.environ.get(_ASIDE + name.removeprefix(_PREFIX), default)
