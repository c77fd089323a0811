from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.keys import Key
from rowmill.draw.words import below, words
from rowmill.model.columns import Column, ColumnSet, Declaration, columns_of
from rowmill.model.frame import Cells
from rowmill.model.schema import Field, Schema

KEY = Key.from_seed(5).child("shop", "sales")
IDENTITY = np.arange(200) * 7
CALLS: list[str] = []


def sales():
    """A small table: two draws, a joint draw, a column that needs others, and a step that reaches no file."""
    table = Declaration("sales", ["day"])

    @table.column("int64")
    def amount(draw, price):
        """Amount paid,
        in cents."""
        CALLS.append("amount")
        return price + below(draw(), 100)

    @table.step()
    def price(draw):
        CALLS.append("price")
        return below(draw(), 1_000)

    @table.column("int64", nullable=True, like=Field("x", "int64", "", unit="days", minimum=0))
    def due(day, amount):
        """Day of payment."""
        return Cells(day + amount % 7, amount % 2 == 0)

    @table.step("width", "height")
    def size(draw):
        CALLS.append("size")
        return below(draw("w"), 10), below(draw("h"), 10)

    @table.column("int64")
    def area(width, height):
        """Area."""
        return width * height

    return table.columns()


def compute(table, columns):
    return table.compute(columns, {"day": np.arange(200)}, KEY, lambda: IDENTITY)


def values(cells):
    return cells.values.tolist()


@given(st.lists(st.sampled_from(["amount", "due", "area"]), unique=True))
def test_a_projection_changes_no_value_and_keeps_the_order_asked_for(columns):
    table = sales()
    whole = compute(table, ["amount", "due", "area"])

    got = compute(table, columns)

    assert list(got) == columns
    assert all(values(got[name]) == values(whole[name]) for name in columns)


def test_only_what_is_needed_is_computed_and_each_function_once():
    CALLS.clear()
    compute(sales(), ["due", "amount"])

    assert CALLS == ["price", "amount"]


def test_a_column_draws_from_the_key_of_its_name_and_the_identity_of_the_row():
    got = compute(sales(), ["amount"])
    price = below(words(KEY.child("price"), IDENTITY), 1_000)
    extra = below(words(KEY.child("amount"), IDENTITY), 100)

    assert values(got["amount"]) == (price + extra).tolist()


def test_purposes_are_streams_of_their_own_below_the_first_name_of_a_joint_draw():
    width, height = (below(words(KEY.child("width", p), IDENTITY), 10) for p in ("w", "h"))

    assert values(compute(sales(), ["area"])["area"]) == (width * height).tolist()


def test_an_added_column_leaves_every_other_value_as_it_was():
    def tip(draw, amount):
        return amount // 10 + below(draw(), 5)

    table = sales()
    more = table.with_column(Column.of(Field("tip", "int64", "Tip."), tip))
    before, after = compute(table, ["amount", "due", "area"]), compute(more, ["tip", "area", "due", "amount"])

    assert all(values(before[name]) == values(after[name]) for name in before)
    assert [field.name for field in table.fields] == ["amount", "due", "area"]
    assert [field.name for field in more.fields] == ["amount", "due", "area", "tip"]


def test_data_declares_a_column_as_a_function_does():
    field = Field("tip", "int64", "Tip.")
    scale = {"by": 10}
    declared = Column(
        field, ("tip",), ("amount", "day"), lambda draw, *given: sum(given) // scale["by"] + draw("x") % 5, True
    )

    def tip(draw, amount, day):
        return (amount + day) // 10 + draw("x") % 5

    one, other = (sales().with_column(column) for column in (declared, Column.of(field, tip)))

    assert values(compute(one, ["tip"])["tip"]) == values(compute(other, ["tip"])["tip"])
    assert one.lineage()["tip"] == other.lineage()["tip"] == ("amount", "day")


def test_who_draws_nothing_needs_no_identity():
    def unasked():
        raise AssertionError

    plain = ColumnSet("plain", ["day"], [Column.of(Field("day2", "int64", ""), lambda day: day * 2)])

    assert values(plain.compute(["day2"], {"day": np.arange(3)}, KEY, unasked)["day2"]) == [0, 2, 4]


def test_fields_are_declared_by_the_functions():
    schema = sales().schema(Schema("sales", "1", "Sales.", (Field("amount", "int64", ""),), ("amount",)))

    assert schema.names == ("amount", "due", "area")
    assert schema["amount"].meaning == "Amount paid,\nin cents."
    assert (schema["due"].unit, schema["due"].minimum, schema["due"].nullable) == ("days", 0, True)


def test_the_lineage_names_what_each_function_needs_before_it_is_needed():
    lineage = sales().lineage()

    assert lineage["due"] == ("day", "amount")
    assert lineage["price"] == ()
    order = list(lineage)
    assert order.index("price") < order.index("amount") < order.index("due")


def test_a_need_that_nothing_yields_is_named():
    table = Declaration("sales", [])
    table.column("int64")(lambda rate: rate)

    with pytest.raises(ValueError, match=r"sales\.<lambda>: needs 'rate', which is no column, step or input"):
        table.columns()


def test_a_circle_is_named():
    table = Declaration("sales", [])

    @table.column("int64")
    def a(b):
        return b

    @table.column("int64")
    def b(a):
        return a

    with pytest.raises(ValueError, match="sales: columns need each other in a circle"):
        table.columns()


@pytest.mark.parametrize("name", ["price", "day", "amount"])
def test_a_name_is_declared_once(name):
    again = Column.step(lambda draw: draw(), name)

    with pytest.raises(ValueError, match=rf"sales\.{name}: declared twice"):
        sales().with_column(again)


def test_a_function_that_draws_says_so_first():
    with pytest.raises(ValueError, match="tip: draw is not its first parameter"):
        Column.of(Field("tip", "int64", ""), lambda amount, draw: amount + draw())


def test_every_field_of_a_schema_has_its_function_and_no_other_is_given():
    schema = Schema("sales", "1", "", (Field("day", "int64", ""), Field("due", "int64", "")), ("day",))

    with pytest.raises(ValueError, match="sales: due, price: a field without function, or one without field"):
        columns_of(schema, ["n"], {"day": lambda n: n, "price": lambda n: n})


def test_what_a_projection_takes_is_told_by_name():
    assert sales().needed(["due"]) == {"due", "day", "amount", "price"}
