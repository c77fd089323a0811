"""dbt may lie in an environment of its own, and what lies about this one does not reach it."""

from __future__ import annotations

import sys

import pytest

from rowmill.core.errors import UsageError
from rowmill.domains.workforce.sql.finding import VARIABLE, python_with_dbt
from support.dbt import needs_dbt


def test_a_python_that_is_named_is_taken_and_finds_its_own_packages(tmp_path, monkeypatch):
    needs_dbt()
    (tmp_path / "dbt.py").write_text("raise SystemExit(9)", "utf-8")
    monkeypatch.setenv(VARIABLE, python_with_dbt().path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    found = python_with_dbt()

    assert not found.own
    assert "PYTHONPATH" not in found.environment()


def test_without_a_name_it_is_the_python_that_runs(monkeypatch):
    pytest.importorskip("dbt.adapters.duckdb")
    monkeypatch.delenv(VARIABLE, raising=False)

    assert python_with_dbt().path == sys.executable


@pytest.mark.parametrize("name", ["nowhere/python", "/bin/sh", ".", "https://host/python"])
def test_what_is_no_python_with_dbt_is_refused_in_a_line(name, monkeypatch):
    monkeypatch.setenv(VARIABLE, name)

    with pytest.raises(UsageError, match=VARIABLE) as found:
        python_with_dbt()

    assert len(str(found.value).splitlines()) == 1
