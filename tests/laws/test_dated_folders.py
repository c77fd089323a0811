"""CSV, packed as it may be, in folders by year, month and day: others find each row in the folder of its day."""

from __future__ import annotations

import duckdb
import pytest

from laws.contents import kept, land
from laws.domains import PAYMENTS
from rowmill.testing import MemoryBuckets
from support.runs import shown

LEVELS = ("year", "month", "day")
PACKED = {"gzip": ".csv.gz", "zstd": ".csv.zst"}


@pytest.mark.parametrize("compression", PACKED)
@pytest.mark.parametrize("level", LEVELS)
def test_packed_text_lies_in_the_folders_of_its_days_in_a_folder_and_in_a_bucket(level, compression, tmp_path):
    dataset = kept("payments", PAYMENTS.fixed[0])
    settings = {"format": "csv", "compression": compression, "partition_by": level, "part_rows": 1500}
    made = land(dataset, tmp_path, **settings)
    with MemoryBuckets().registered() as buckets:
        land(dataset, "memory://out", **settings)
        objects = {key: each.data for key, each in buckets.bucket("memory://out").objects.items()}

    paths = shown(tmp_path)
    assert all(path.endswith(PACKED[compression]) for path in paths)
    assert {path: (tmp_path / path).read_bytes() for path in paths} == {path: objects.get(path) for path in paths}
    places = LEVELS[: 1 + LEVELS.index(level)]
    misplaced = " OR ".join(f"{place}::INT <> date_part('{place}', event_time AT TIME ZONE 'UTC')" for place in places)
    files = f"read_csv('{tmp_path}/transactions/**/*{PACKED[compression]}', hive_partitioning = true)"
    found = duckdb.execute(f"SELECT count(*), count(*) FILTER ({misplaced}) FROM {files}").fetchone()
    assert found == (made.tables["transactions"].rows, 0)
