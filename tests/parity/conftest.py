"""What the tests of both engines share: the compiled models, and the difference of two tables."""

from __future__ import annotations

import pytest

from support.workforce_sql import Compiled

pytest.importorskip("dbt.adapters.duckdb", reason="needs dbt-core and dbt-duckdb: pip install 'rowmill[workforce]'")


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    return Compiled(tmp_path_factory.mktemp("dbt"))
