"""Both engines make the same rows: the symmetric difference of all columns of all events and snapshots is empty."""

from __future__ import annotations

import os

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from rowmill.domains.workforce.sql.engine import input_tables
from support.workforce_cases import company, fields
from support.workforce_sql import bulk_tables, differences

PARTS = 8
CASES = int(os.environ.get("ROWMILL_PARITY_CASES", "200"))
ODD = st.none() | st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("part", range(PARTS))
def test_engines_agree_row_for_row(compiled, part):
    @settings(max_examples=-(-CASES // PARTS))
    @given(fields(), ODD)
    def agree(values, odd):
        made = company(values, odd)
        if made is None:
            event("refused")
            return
        with compiled.run(input_tables(made[1]), "gen_events", "gen_snapshots") as sql:
            assert differences(sql, bulk_tables(made[1])) == {}

    agree()
