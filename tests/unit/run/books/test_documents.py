"""Documents beside the tables come with the commit."""

from __future__ import annotations

import json
from unittest.mock import Mock

import pytest

import rowmill
from rowmill.core.errors import Interrupted


def test_whoever_is_killed_after_the_commit_leaves_a_summary(tmp_path, monkeypatch):
    data = rowmill.dataset("workforce", seed=5, employees=60, start=2025, end=2025)
    with monkeypatch.context() as patch:
        patch.setattr("rowmill.run.work.leave_documents", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(Interrupted):
            data.write(tmp_path, settings={"workers": 1})

    assert data.write(tmp_path, settings={"workers": 1}).skipped
    said = json.loads((tmp_path / "generation_summary.json").read_text("utf-8"))
    assert said["total_events"] == data.write(tmp_path, settings={"workers": 1}).rows
    assert said["total_duration_seconds"] is None
