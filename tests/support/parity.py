"""How much both engines are compared: ``make test`` looks at a sample, ``make parity`` says how much there is."""

from __future__ import annotations

import pytest

from support.switches import switch

CASES = int(switch("ROWMILL_PARITY_CASES", "32"))
EMPLOYEES = int(switch("ROWMILL_PARITY_EMPLOYEES", "3000"))
THOROUGH = bool(switch("ROWMILL_PARITY_CASES"))
thorough = pytest.mark.skipif(not THOROUGH, reason="dbt takes ten seconds each time: make parity runs all of them")
