"""dbt for the tests."""

from __future__ import annotations

import pytest

from rowmill.core.errors import UsageError
from rowmill.domains.workforce.sql.finding import python_with_dbt


def needs_dbt() -> None:
    """Skip a test, or the module that calls, where dbt is nowhere."""
    try:
        python_with_dbt()
    except UsageError as error:
        pytest.skip(str(error), allow_module_level=True)
