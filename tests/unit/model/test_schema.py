from __future__ import annotations

from typing import get_args

import pyarrow as pa
import pytest

from rowmill.model.export import PLAIN_TYPES, SQL_TYPES
from rowmill.model.schema import ARROW_TYPES, Field, FieldType, Schema

SCHEMA = Schema(
    "t",
    "1",
    "A table.",
    (Field("id", "int64", "Key."), Field("at", "timestamp", "Time."), Field("kind", "enum", "Kind.", nullable=True)),
    ("id",),
    "at",
)


def test_every_type_has_all_of_its_forms():
    for forms in (ARROW_TYPES, PLAIN_TYPES, SQL_TYPES):
        assert set(forms) == set(get_args(FieldType))


def test_the_arrow_schema_has_types_and_nullability():
    assert SCHEMA.arrow() == pa.schema(
        [
            pa.field("id", pa.int64(), nullable=False),
            pa.field("at", pa.timestamp("us", tz="UTC"), nullable=False),
            pa.field("kind", pa.string(), nullable=True),
        ]
    )


def test_a_projection_keeps_the_order_of_the_schema():
    assert SCHEMA.arrow(["kind", "id"]).names == ["id", "kind"]
    assert SCHEMA.names == ("id", "at", "kind")


def test_a_field_is_found_by_name():
    assert SCHEMA["kind"].nullable
    with pytest.raises(KeyError, match="colour"):
        SCHEMA["colour"]
