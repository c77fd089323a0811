"""A fourth domain from plain data: customers, and their orders day by day. Everything else is the engine's."""

from __future__ import annotations

import datetime as dt

import numpy as np
from pydantic import Field as Setting

from rowmill.core.keys import Key
from rowmill.core.units import MICROS_PER_DAY, MICROS_PER_SECOND, day_number
from rowmill.draw.choose import taken
from rowmill.draw.copula import Copula
from rowmill.draw.quota import fraction
from rowmill.draw.rates import Closed, Timed
from rowmill.draw.shapes import Gamma, LogNormal, quantiles
from rowmill.draw.words import below
from rowmill.model.blocks import Blocks
from rowmill.model.calendar import Days
from rowmill.model.column_table import NUMBERED, ByEntity, ColumnTable, Counts, numbered
from rowmill.model.columns import Column, ColumnSet
from rowmill.model.dataset import Dataset
from rowmill.model.frame import Cells, Dictionary
from rowmill.model.links import OwnBlock, refers
from rowmill.model.schema import Field, ForeignKey, Schema
from rowmill.model.spec import Spec

COUPONS = ("spring", "loyal")
OWNER = ForeignKey(("customer_id",), "customers", ("customer_id",))
CUSTOMER = Field("customer_id", "int64", "Customer, counted from 1.", minimum=1)


class ShopSpec(Spec):
    """A shop of so many customers and orders."""

    customers: int = Setting(ge=1)
    """Number of customers."""
    orders: int = Setting(ge=0)
    """Number of orders over all days."""
    days: int = Setting(default=7, ge=1)
    """Number of days."""
    start: dt.date = dt.date(2025, 11, 1)
    """First day."""
    correlation: float = Setting(default=0.6, gt=-1, lt=1)
    """Rank correlation of income and spending."""
    median: float = Setting(default=2500, gt=0)
    """Median of an amount, in cents."""
    no_coupon: float = Setting(default=0.05, ge=0, le=1)
    """Share of the orders without a coupon."""


class Shop:
    name, data_version, spec_type = "shop", "1", ShopSpec

    def build(self, spec: Spec, _inputs: object = None) -> Dataset:
        key, blocks = Key.from_seed(spec.seed).child("shop"), Blocks(spec.customers, 200)
        tables = {"orders": orders(spec, key, blocks), "customers": customers(spec, key, blocks)}
        return Dataset(self.name, self.data_version, spec, tables, "orders", Days(spec.start, spec.days), spec.orders)


def customers(spec: ShopSpec, key: Key, blocks: Blocks) -> ColumnTable:
    """Return the customers: income and spending go together."""
    together = Copula([[1, spec.correlation], [spec.correlation, 1]])
    money = quantiles([Gamma(4, 900_000), LogNormal(200_000, 0.5)])
    columns = ColumnSet("customers", NUMBERED, [
        Column.of(CUSTOMER, lambda number: number + 1),
        Column(None, ("earns", "spends"), (), lambda draw: together.words(draw.key, draw.identity), draws=True),
        Column.of(Field("income", "int64", "Income a year.", unit="cents"), lambda earns: money.read(0, earns)),
        Column.of(Field("spending", "int64", "Spending a year.", unit="cents"), lambda spends: money.read(1, spends)),
    ])  # fmt: skip
    return ColumnTable(
        Schema("customers", "1", "People who order.", columns.fields, ("customer_id",)),
        columns,
        blocks.count,
        Counts.exact(lambda block, _: len(blocks.range(block))),
        ByEntity.numbered("customer_id", blocks),
        numbered(lambda block, _: blocks.numbers(block)),
        key.child("customers"),
    )


def orders(spec: ShopSpec, key: Key, blocks: Blocks) -> ColumnTable:
    """Return the orders of customers, day by day, of which an exact share has no coupon."""
    money, first, codes = quantiles([LogNormal(spec.median, 0.8)]), day_number(spec.start), Dictionary(COUPONS)
    counts = Timed(Closed(spec.orders, np.ones(spec.days, np.int64), key.child("days")), blocks, key.child("orders"))

    def coupons(draw, block, window):
        lost = taken(draw("lost"), counts.rated(fraction(spec.no_coupon), "coupon", block, window))
        return Cells(below(draw(), 2).astype(np.int8), lost, codes)

    def moment(draw, window):
        return (first + window) * MICROS_PER_DAY + np.sort(below(draw(), 86_400)) * MICROS_PER_SECOND

    def numbers(block, window):
        return ((window << 20 | block) << 20) + np.arange(counts.rows(block, window))

    columns = ColumnSet("orders", NUMBERED, [
        Column.of(Field("order_id", "int64", "Order."), lambda number: number),
        refers(CUSTOMER, OwnBlock(blocks)),
        Column.of(Field("ordered_at", "timestamp", "When.", layout="delta"), moment),
        Column.of(Field("amount", "int64", "Price.", minimum=0, unit="cents"), lambda draw: money.read(0, draw())),
        Column.of(Field("coupon", "enum", "Coupon.", nullable=True, values=COUPONS), coupons),
    ])  # fmt: skip
    return ColumnTable(
        Schema("orders", "1", "Orders, day by day.", columns.fields, ("order_id",), "ordered_at", (OWNER,)),
        columns,
        blocks.count,
        Counts.exact(counts.rows),
        ByEntity.numbered("customer_id", blocks, "ordered_at", first),
        numbered(numbers),
        key.child("orders"),
        timed=True,
    )


DOMAIN = Shop()


def shop(**fields: object) -> Dataset:
    return DOMAIN.build(ShopSpec.model_validate({"seed": 7, **fields}))
