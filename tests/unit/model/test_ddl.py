"""Statements that define tables name what they define, whatever its name and its texts."""

from __future__ import annotations

from rowmill.model import ddl
from rowmill.model.schema import Field, ForeignKey, Schema

ID = Field("id", "int64", "A number.", unit="1", source="ISO 1")
ODD = Schema('t"1', "1", "It's\n one.", (ID, Field("s", "decimal", "Money.", nullable=True, scale=2)), ("id",))


def test_names_and_texts_are_quoted():
    assert ddl.name('a"b') == '"a""b"'
    assert ddl.names(["a", "b"]) == '"a", "b"'
    assert ddl.literal("it's") == "'it''s'"


def test_a_column_has_its_type_and_is_never_null_where_its_field_says_so():
    assert [ddl.column(field) for field in ODD.fields] == ['"id" BIGINT NOT NULL', '"s" DECIMAL(18, 2)']


def test_comments_tell_meaning_unit_and_source_of_the_columns_that_are_there():
    assert list(ddl.comments(ODD, ["id"])) == [
        "COMMENT ON TABLE \"t\"\"1\" IS 'It''s one.'",
        'COMMENT ON COLUMN "t""1"."id" IS \'A number. Unit: 1. Source: ISO 1.\'',
    ]
    assert next(ddl.comments(ODD, table="x.y")).startswith("COMMENT ON TABLE x.y IS")


def test_tables_come_after_those_that_they_refer_to_and_after_themselves_never():
    own = Schema("a", "1", "A.", (ID,), ("id",), foreign_keys=(ForeignKey(("id",), "a", ("id",)),))
    more = Schema("b", "1", "B.", (ID,), ("id",), foreign_keys=(ForeignKey(("id",), "a", ("id",)),))

    assert [schema.name for schema in ddl.in_order([more, own])] == ["a", "b"]
    assert ddl.reference(more.foreign_keys[0], "x.y") == 'FOREIGN KEY ("id") REFERENCES x.y ("id")'
