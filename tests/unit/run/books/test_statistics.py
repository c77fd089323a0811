"""Records of statistics: those of earlier versions have none, and what no rows have is refused."""

from __future__ import annotations

import json

import pytest

from rowmill.run.books.forms import BadForm, parse
from rowmill.run.books.manifest import read
from rowmill.run.books.records import Entry, union
from rowmill.run.events import Receipt
from rowmill.run.request import Slice
from support.runs import land
from support.toy import toy


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    out = tmp_path_factory.mktemp("toy")
    for windows in (range(2), range(2, 5)):
        land(toy(rows=900, blocks=4, days=5), out, Slice(windows))
    return read(out)


def written(entry, change):
    data = json.loads(json.dumps(entry.to_json()))
    change(data["tables"]["events"])
    return Entry.from_json(json.dumps(data).encode())


def test_a_manifest_of_an_earlier_version_is_read_without_them(manifest):
    old = written(manifest.slices[0], lambda table: table.pop("statistics"))

    assert old == manifest.slices[0]
    assert old.tables["events"].statistics is None
    assert union([old, manifest.slices[1]])["events"].statistics is None
    assert "statistics" not in old.tables["events"].to_json()


def test_slices_add_up(manifest):
    entries = [each.tables["events"].statistics for each in manifest.slices]

    assert manifest.tables["events"].statistics == entries[0] + entries[1]
    assert manifest.tables["events"].statistics.rows == manifest.tables["events"].rows


@pytest.mark.parametrize(
    "change",
    [
        {"rows": 1},
        {"looked": 10**9},
        {"hours": [1, 2]},
        {"columns": {"a": {"nulls": 10**9}}},
        {"columns": {"a": {"least": "x"}}},
        {"columns": {"a": {"registers": "<script>"}}},
        {"columns": {"a": {"bins": {"level": 99, "places": [], "counts": []}}}},
        {"columns": {"a": {"bins": {"level": 1, "places": [1, 0], "counts": [1, 1]}}}},
    ],
)
def test_what_no_rows_have_is_refused(manifest, change):
    with pytest.raises(BadForm, match="statistics"):
        written(manifest.slices[0], lambda table: table["statistics"].update(change))


def test_a_receipt_of_an_earlier_version_counts():
    file = {"path": "events/a.parquet", "rows": 1, "bytes": 1, "tiles": [0, 1, 0, 1], "checksum": "0" * 32}
    plain = {"run": "", "part": "events-0", "table": "events", "files": [{**file, "columns": {}, "counts": {}}]}

    found = parse(Receipt, json.dumps(plain).encode(), headed=False)

    assert found.files[0].statistics is None
    assert parse(Receipt, json.dumps(found.to_json()).encode(), headed=False) == found
