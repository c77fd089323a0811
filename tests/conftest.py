"""What every test shares: Hypothesis profiles, and a time zone and variables that no result may depend on."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support.fault_table import table
from support.switches import take

take()
os.environ["TZ"] = "Pacific/Chatham"
time.tzset()
BESIDE = Path(f"{sys.prefix}-dbt/bin/python")
"""The environment of dbt that ``make`` sets up beside the one that runs the tests; else dbt is looked for here."""
if BESIDE.exists():
    os.environ.setdefault("ROWMILL_DBT", str(BESIDE))

settings.register_profile(
    "fast", max_examples=25, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("wide", settings.get_profile("fast"), max_examples=200)
settings.register_profile("thorough", settings.get_profile("fast"), max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let ``make golden`` ask for new golden files."""
    parser.addoption("--rewrite-golden", action="store_true", help="write golden files anew instead of comparing")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest tests come first, so that no worker is left alone with them at the end."""
    items.sort(key=lambda item: "parity" not in item.path.parts)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many faults were made, and from which seeds."""
    passed = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    told = [each for report in passed for each in report.user_properties]
    lines = sorted(text for name, text in told if name == "faults") + table(
        text for name, text in told if name == "matrix"
    )
    if lines:
        terminalreporter.section("faults")
        terminalreporter.write_line("\n".join(lines))


@pytest.fixture
def rewrite_golden(request: pytest.FixtureRequest) -> bool:
    """Return whether golden files are to be written anew."""
    return bool(request.config.getoption("--rewrite-golden"))


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    """Take back what a command of the test did to the package's logger: its handler writes to a stream of the test."""
    logger = logging.getLogger("rowmill")
    handlers, level, propagate = logger.handlers[:], logger.level, logger.propagate
    yield
    logger.handlers, logger.propagate = handlers, propagate
    logger.setLevel(level)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the root of the repository."""
    return Path(__file__).resolve().parent.parent
