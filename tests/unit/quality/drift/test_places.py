from __future__ import annotations

import pytest

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
