"""What a dry run says of the room in a database is what a run takes there."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest

from rowmill.api.estimate import estimate
from rowmill.run.request import WHOLE_PERIOD
from rowmill.run.settings import RunSettings
from support.places import postgresql
from support.postgres import shared_server
from support.runs import land, registered
from support.toy import toy

DATASET = toy(rows=40_000)
TAKEN = """SELECT sum(pg_table_size(c.oid) + pg_indexes_size(c.oid))::bigint FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE nspname = '{}' AND relkind = 'r' AND relname NOT LIKE '\\_rowmill%'"""


@pytest.fixture(autouse=True)
def _registered():
    with registered("toy"):
        yield


def estimated(out):
    return estimate(DATASET, RunSettings(out=str(out), workers=1, part_rows=20_000), WHOLE_PERIOD)


def test_a_file_of_duckdb_takes_what_its_stage_and_its_tables_do(tmp_path):
    out = tmp_path / "out.duckdb"

    said = estimated(out)
    assert list(tmp_path.iterdir()) == []
    written = land(DATASET, out, part_rows=20_000, row_group_rows=600_000)

    taken = out.stat().st_size + written.bytes
    assert taken == pytest.approx(said.bytes, rel=0.2)
    assert said.free_bytes is not None
    assert said.fits


def test_a_schema_of_postgresql_takes_what_its_tables_and_keys_do():
    with postgresql.place(Path()) as out:
        said = estimated(out)
        land(DATASET, out, part_rows=20_000)
        ((taken,),) = shared_server().do(TAKEN.format(unquote(out.partition("?schema=")[2])))

    assert taken == pytest.approx(said.bytes, rel=0.2)
    assert said.free_bytes is None
