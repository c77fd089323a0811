"""Tables keep their names and keys however long these are, and whatever is in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rowmill.model import ddl
from rowmill.model.frame import Cells
from rowmill.model.schema import Field, ForeignKey, Schema
from rowmill.sinks.base import Stage
from rowmill.sinks.filetypes.formats import ROWS
from rowmill.sinks.layout import FileSpec, Layout
from rowmill.sinks.registry import destination
from support.places.postgresql import place

LONG = "a" * 62
COLUMN = "c" * 60


@pytest.fixture
def target():
    with place(Path()) as location:
        found = destination(location)
        found.claim()
        yield found


def tables(*names):
    """Return schemas of which each refers to the first one."""
    fields = (Field(COLUMN, "int64", "A number."), Field("of", "int64", "Whose."))
    link = ForeignKey(("of",), names[0], (COLUMN,))
    return [
        Schema(name, "1", "Things.", fields, (COLUMN,), foreign_keys=(link,), unique=((COLUMN, "of"),))
        for name in names
    ]


def load(target, run, schemas, rows, obsolete=()):
    stage, written = Stage("whole", run), []
    for schema in schemas:
        part = target.part(stage, schema.name, Layout(ROWS, "none"))
        writer = part.open(FileSpec(f"{schema.name}/{run}", schema, None))
        writer.write({COLUMN: Cells(np.arange(rows)), "of": Cells(np.zeros(rows, np.int64))})
        written.append(writer.close())
        part.seal(b"1")
    target.publish(stage, written, obsolete)


@pytest.mark.parametrize(
    "names", [(f"{LONG}1", f"{LONG}2"), ("Select", "select"), ("é" * 31, 'q"uote'), ("user", "x y")]
)
def test_tables_are_loaded_and_loaded_again(target, names):
    schemas = tables(*names)

    load(target, "one", schemas, 3)
    load(target, "two", schemas, 5, [f"{name}/one" for name in names])

    with target._connections.session() as connection:
        for name in names:
            assert connection.execute(f"SELECT count(*) FROM {ddl.name(name)}").fetchall() == [(5,)]
            keys = connection.execute(
                "SELECT contype::text FROM pg_constraint WHERE conrelid = to_regclass(%s) ORDER BY 1", [ddl.name(name)]
            ).fetchall()
            assert keys == [("f",), ("p",), ("u",)]
        left = connection.execute("SELECT relname FROM pg_class WHERE relname LIKE '\\_rowmill\\_stage\\_%'").fetchall()
        assert left == []
