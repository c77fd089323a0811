"""How much both engines are compared: ``make test`` looks at a sample, ``make parity`` says how much there is."""

from __future__ import annotations

import os

import pytest

CASES = int(os.environ.get("ROWMILL_PARITY_CASES", "32"))
EMPLOYEES = int(os.environ.get("ROWMILL_PARITY_EMPLOYEES", "3000"))
THOROUGH = "ROWMILL_PARITY_CASES" in os.environ
thorough = pytest.mark.skipif(not THOROUGH, reason="dbt takes ten seconds each time: make parity runs all of them")
