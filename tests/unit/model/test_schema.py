from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import get_args

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.model.schema import Field, ForeignKey, Schema, linked
from rowmill.model.types import TYPES, FieldType

SCHEMA = Schema(
    "t",
    "1",
    "A table.",
    (Field("id", "int64", "Key."), Field("at", "timestamp", "Time."), Field("kind", "enum", "Kind.", nullable=True)),
    ("id",),
    "at",
)
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)
TEXT_TYPES = ("string", "enum", "json", "uuid")


@st.composite
def declared(draw, name):
    """Draw a field of any type, with everything that its type may have."""
    kind: FieldType = draw(st.sampled_from(get_args(FieldType)))
    number = TYPES[kind].json in ("integer", "number")
    bounds = sorted(draw(st.lists(st.none() | st.floats(-1e9, 1e9), min_size=2, max_size=2)), key=lambda b: b or 0)
    values = draw(st.none() | st.lists(NAMES, min_size=1, max_size=4, unique=True)) if kind == "enum" else None
    return Field(
        name,
        kind,
        draw(st.text(max_size=9)),
        draw(st.booleans()),
        unit=draw(st.none() | NAMES),
        source=draw(st.none() | NAMES),
        values=None if values is None else tuple(values),
        minimum=bounds[0] if number else None,
        maximum=bounds[1] if number and None not in bounds else None,
        pattern=draw(st.sampled_from([None, "[a-z]{3}"])) if kind in TEXT_TYPES else None,
        layout=draw(st.sampled_from(["plain", "delta", "dictionary"])),
        label=draw(st.none() | NAMES),
        length=draw(st.none() | st.integers(1, 99)) if kind in TEXT_TYPES else None,
        scale=draw(st.integers(0, 18)) if kind == "decimal" else None,
    )


@st.composite
def schemas(draw):
    """Draw a schema with keys of every sort."""
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    made = [draw(declared(name)) for name in names]
    groups = st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).map(tuple)
    whole = [f.name for f in made if not f.nullable]
    instants = [name for name in whole if next(f for f in made if f.name == name).type in ("timestamp", "date")]
    links = [
        ForeignKey(columns, draw(NAMES), tuple(draw(NAMES) for _ in columns), draw(st.booleans()))
        for columns in draw(st.lists(groups, max_size=2))
    ]
    return Schema(
        draw(NAMES),
        draw(NAMES),
        draw(NAMES),
        tuple(made),
        (whole[0],) if whole else (),
        draw(st.sampled_from([None, *instants])),
        tuple(links),
        tuple(draw(st.lists(groups, min_size=0 if whole else 1, max_size=2))),
    )


def test_every_type_has_an_entry():
    assert set(TYPES) == set(get_args(FieldType))


def test_the_arrow_schema_has_types_and_nullability():
    assert SCHEMA.arrow() == pa.schema(
        [
            pa.field("id", pa.int64(), nullable=False),
            pa.field("at", pa.timestamp("us", tz="UTC"), nullable=False),
            pa.field("kind", pa.string(), nullable=True),
        ]
    )


def test_the_digits_of_a_decimal_are_part_of_its_type():
    assert Field("a", "decimal", "", scale=4).arrow.type == pa.decimal128(18, 4)
    assert Field("a", "decimal", "", scale=0).held == pa.int64()


def test_a_projection_keeps_the_order_of_the_schema():
    assert SCHEMA.arrow(["kind", "id"]).names == ["id", "kind"]
    assert SCHEMA.names == ("id", "at", "kind")


def test_a_field_is_found_by_name():
    assert SCHEMA["kind"].nullable
    with pytest.raises(KeyError, match="colour"):
        SCHEMA["colour"]


def test_what_tells_rows_apart_may_be_null_where_it_is_no_primary_key():
    loose = replace(SCHEMA, primary_key=(), unique=(("kind", "at"), ("id",)))

    assert loose.row_key == ("kind", "at")
    assert SCHEMA.row_key == ("id",)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"fields": (*SCHEMA.fields, Field("id", "string", "Again."))}, "more than one field 'id'"),
        ({"primary_key": ()}, "nothing tells its rows apart"),
        ({"primary_key": ("id", "colour")}, "primary key: there is no field 'colour'"),
        ({"primary_key": ("id", "kind")}, "kind may be null, so it is no key; name the columns in unique"),
        ({"primary_key": ("id", "id")}, r"\(id, id\) names no column, or one twice"),
        ({"unique": ((),)}, "names no column"),
        ({"event_time": "when"}, "event time: there is no field 'when'"),
        ({"event_time": "id"}, "id must be a timestamp or a date"),
        ({"foreign_keys": (ForeignKey(("other",), "others", ("id",)),)}, "foreign key: there is no field 'other'"),
        ({"foreign_keys": (ForeignKey(("id",), "others", ("id", "at")),)}, "names 2 columns of others"),
    ],
)
def test_a_schema_that_contradicts_itself_is_refused(changed, said):
    with pytest.raises(ValueError, match=rf"schema t: .*{said}"):
        replace(SCHEMA, **changed)


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("int128", {}, "type 'int128' is unknown; known: int8, int16"),
        ("date", {"minimum": 3}, "a date has no minimum"),
        ("int8", {"minimum": 3, "maximum": 2}, "minimum 3 is above the maximum 2"),
        ("string", {"values": ("a",)}, "a string has no list of values"),
        ("enum", {"values": ()}, "0 values"),
        ("enum", {"values": ("a", "b", "a")}, "3 values, 2 of them distinct"),
        ("enum", {"values": tuple(map(str, range(1 << 16)))}, "65536 values"),
        ("bool", {"pattern": "x"}, "a bool has no pattern"),
        ("string", {"pattern": "("}, "no regular expression"),
        ("string", {"length": 0}, "at most 0 characters"),
        ("decimal", {}, "scale None; a decimal has 0 to 18 digits"),
        ("decimal", {"scale": 19}, "scale 19"),
        ("int64", {"scale": 2}, "int64 has no scale"),
    ],
)
def test_a_field_that_contradicts_its_type_is_refused(kind, more, said):
    with pytest.raises(ValueError, match=rf"field x: .*{said}"):
        Field("x", kind, "A field.", **more)


@given(schemas())
def test_a_schema_survives_json(schema):
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema


@given(schemas(), st.sampled_from(["added later", "_", "fields2"]))
def test_keys_that_are_not_known_are_dropped_wherever_they_stand(schema, key):
    data = schema.to_json()
    for part in (data, *data["fields"], *data.get("foreign_keys", ())):
        part[key] = {"any": "thing"}

    assert Schema.from_json(data) == schema


def test_json_says_only_what_has_no_default():
    data = SCHEMA.to_json()

    assert data["fields"][0] == {"name": "id", "type": "int64", "meaning": "Key."}
    assert set(data) == {"name", "version", "description", "fields", "primary_key", "event_time"}
    needed = {f.name for f in fields(Field)} - {"name", "type", "meaning"}
    assert not needed & set(data["fields"][0])


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("name"),
        lambda d: d.update(fields={}),
        lambda d: d.update(primary_key=["colour"]),
        lambda d: d["fields"][0].update(type="int128"),
        lambda d: d["fields"][0].update(nullable="yes"),
        lambda d: d["fields"][0].update(minimum="3"),
    ],
)
def test_json_that_is_no_schema_is_a_value_error(change):
    data = SCHEMA.to_json()
    change(data)

    with pytest.raises(ValueError, match="Schema"):
        Schema.from_json(data)


OTHERS = Schema(
    "others", "1", "Others.", (Field("id", "int32", "Key."), Field("n", "int64", "N.")), ("id",), unique=(("n",),)
)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (ForeignKey(("id",), "nobody", ("id",)), "there is no table nobody"),
        (ForeignKey(("id",), "others", ("id",)), "id is of type BIGINT, id of others is of type INTEGER"),
        (ForeignKey(("id", "at"), "others", ("n", "id")), r"\(n, id\) of others is neither its primary key nor"),
    ],
)
def test_a_foreign_key_that_no_table_answers_is_refused(key, said):
    with pytest.raises(ValueError, match=rf"schema t: foreign key \(id.*\): {said}"):
        linked([replace(SCHEMA, foreign_keys=(key,)), OTHERS])


def test_a_foreign_key_may_name_a_primary_key_a_unique_group_and_its_own_table():
    keys = (ForeignKey(("id",), "others", ("n",)), ForeignKey(("id",), "t", ("id",), earlier=True))

    linked([replace(SCHEMA, foreign_keys=keys), OTHERS])
