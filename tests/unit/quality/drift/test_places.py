from __future__ import annotations

import pytest

from rowmill.core.errors import UsageError
from rowmill.quality.drift.places import RowsAddress


@pytest.mark.parametrize(
    ("text", "path", "days"),
    [
        ("lake", "lake", None),
        ("lake@2025-03-01", "lake", ("2025-03-01", "2025-03-01")),
        ("lake@2025-03-01_2025-03-31", "lake", ("2025-03-01", "2025-03-31")),
        ("plan@2025_2027", "plan", ("2025-01-01", "2027-12-31")),
        ("s3://bucket/a@b@2025", "s3://bucket/a@b", ("2025-01-01", "2025-12-31")),
        ("postgresql://me:secret@host/db", "postgresql://me:secret@host/db", None),
    ],
)
def test_days_stand_behind_the_last_sign(text, path, days):
    assert RowsAddress.of(text) == RowsAddress(path, days)


def test_no_secret_is_shown():
    assert "secret" not in RowsAddress.of("postgresql://me:secret@host/db@2025-03-01").shown


@pytest.mark.parametrize("text", ["lake@2025-02-30", "lake@0000", "lake@2025-02-01_2025-02-29"])
def test_a_day_of_no_calendar_is_refused(text):
    with pytest.raises(UsageError, match=r"^lake@(2025-02-30|0000-01-01|2025-02-29): there is no such day$"):
        RowsAddress.of(text)


def test_days_that_end_before_they_begin_are_refused():
    with pytest.raises(UsageError, match="ends before it begins"):
        RowsAddress.of("lake@2025-02-02_2025-02-01")
