"""What the tests of both engines share: the models, compiled and planned."""

from __future__ import annotations

import pytest

from rowmill.domains.workforce.sql.engine import inputs_of
from support.dbt import needs_dbt
from support.workforce_cases import company
from support.workforce_sql import Compiled, Prepared

needs_dbt()


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    return Compiled(tmp_path_factory.mktemp("dbt"))


@pytest.fixture(scope="session")
def prepared(compiled):
    """Return a function that plans the models, their texts as they are or changed."""
    sample = inputs_of(company({"seed": 1, "employees": 50, "start": 2025, "end": 2026}))
    opened = []

    def plan(changed=lambda text: text):
        opened.append(Prepared(compiled, sample, changed))
        return opened[-1]

    yield plan
    for made in opened:
        made.sql.close()


@pytest.fixture(scope="session")
def models(prepared):
    return prepared()
