"""Records whose spec has a key under an earlier name are read, verified and extended."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

import rowmill
from rowmill.core.errors import IntegrityError
from rowmill.model.spec import fingerprint
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from support.books import as_first_form


def earlier(out, **changed):
    """Write a destination as the version before did: manifest and files know the spec by its earlier keys."""
    as_first_form(out)
    for place in (out / "_rowmill").rglob("manifest.json"):
        record = json.loads(place.read_text("utf-8"))
        identity = record["identity"]
        identity["spec"]["own"] = identity["spec"].pop("inputs")
        identity["fingerprint"] = fingerprint("payments", identity["data_version"], identity["spec"])
        identity["spec"].update(changed)
        place.write_text(json.dumps(record), "utf-8")
    return identity["fingerprint"]


@pytest.fixture
def shops(tmp_path):
    path = tmp_path / "shops.csv"
    path.write_text("merchant_id,merchant_country,mcc_code,latitude,longitude\n7,US,5411,40.7,-74.0\n")
    return {"merchants": path}


def of_days(shops):
    return rowmill.dataset("payments", seed=5, rows_per_day=200, start="2025-01-01", inputs=shops)


def test_data_of_the_version_before_is_read_verified_and_extended(tmp_path, shops):
    data, out = of_days(shops), tmp_path / "out"
    data.write(out, date="2025-01-01", settings={"workers": 1})
    before = earlier(out)

    assert read(out).fingerprint == data.fingerprint != before
    assert verify(out, inputs=shops, remake="all").ok
    assert of_days(shops).write(out, date="2025-01-01").skipped
    of_days(shops).write(out, date="2025-01-02", settings={"workers": 1})
    assert len(read(out).slices) == 2
    assert verify(out, inputs=shops, remake="all").ok


def test_files_may_name_the_spec_as_it_was_called_before(tmp_path, shops):
    data, out = of_days(shops), tmp_path / "out"
    data.write(out, date="2025-01-01", settings={"workers": 1})
    identity = read(out).slices[0].identity

    assert identity.has_name(earlier(out))
    assert identity.has_name(identity.fingerprint)
    assert not identity.has_name("0" * 32)
    assert pq.read_schema(next(out.glob("transactions/*.parquet"))).metadata[b"rowmill.fingerprint"].decode() == (
        identity.fingerprint
    )


def test_a_spec_that_was_changed_is_not_taken_for_an_earlier_one(tmp_path, shops):
    out = tmp_path / "out"
    of_days(shops).write(out, date="2025-01-01", settings={"workers": 1})
    earlier(out, fraud_rate=0.5)

    with pytest.raises(IntegrityError, match="its spec was changed"):
        verify(out, inputs=shops)
