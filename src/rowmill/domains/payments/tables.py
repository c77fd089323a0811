"""The five tables of a payments dataset as tables of the engine: what yields tiles, and where a row belongs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from rowmill.domains.payments.catalogs import CATALOG_BLOCKS, CATALOGS, catalog_schema
from rowmill.domains.payments.columns import TRANSACTIONS
from rowmill.domains.payments.fields import TRANSACTIONS_SCHEMA, UUID_PATTERN
from rowmill.domains.payments.flow import Flow
from rowmill.domains.payments.labels import label_rows, labels_schema
from rowmill.domains.payments.local import Local, Shared
from rowmill.domains.payments.people import People
from rowmill.domains.payments.scenarios.scene import Scenario
from rowmill.domains.payments.tile import Rows
from rowmill.domains.payments.world import World
from rowmill.draw.arrays import Ints
from rowmill.model.column_table import ByEntity, ColumnTable, Counts, Given
from rowmill.model.frame import Cells, Frame
from rowmill.model.schema import Schema
from rowmill.model.table import Tile, in_order

LINKED = "previous_txn_id"


class Engine:
    """What the tables of one dataset share in one process; blocks are built when first asked for and few are kept."""

    def __init__(self, world: World, scenarios: Mapping[str, Scenario]) -> None:
        self.world, self.scenarios = world, scenarios
        self.people = lru_cache(maxsize=2)(lambda block: People(world, block))
        self.local = lru_cache(maxsize=2)(self._local)

    @cached_property
    def shared(self) -> Shared:
        """Return what all blocks share."""
        return Shared(self.world)

    def _local(self, block: int) -> Local:
        return Local(self.shared, Flow(self.people(block), self.scenarios))


def transactions(engine: Engine) -> ColumnTable:
    """Return the payments: blocks of customers × days."""
    world, schema = engine.world, TRANSACTIONS.schema(TRANSACTIONS_SCHEMA)

    def given(block: int, windows: range, names: frozenset[str]) -> Iterator[Given]:
        local = engine.local(block)
        last = local.flow.recent(windows.start) if LINKED in names else None
        for window in windows:
            yield _given(local.flow.rows(window, last), local, engine.shared)

    return ColumnTable(
        with_uuids(schema) if world.spec.ids == "uuid" else schema,
        TRANSACTIONS,
        world.volume.blocks,
        Counts.exact(lambda block, window: world.volume.rows(window, block)),
        by_customer(world),
        given,
        world.key.child("transactions"),
        timed=True,
    )


def _given(rows: Rows, local: Local, shared: Shared) -> Given:
    return Given(rows.day.window, {"rows": rows, "local": local, "shared": shared}, lambda: rows.id)


def by_customer(world: World) -> ByEntity:
    """Return what tells a payment's tile: its customer and its day."""

    def block_of(cells: Cells) -> Ints:
        return world.volume.block_of(cells.values.astype(np.int64) - 1)

    return ByEntity("customer_id", block_of, "event_time", world.first_day)


def with_uuids(schema: Schema) -> Schema:
    """Return a schema whose transaction ids are UUID text."""
    names = {"transaction_id", "previous_txn_id"}
    fields = tuple(
        replace(f, type="string", minimum=None, pattern=UUID_PATTERN, layout="plain") if f.name in names else f
        for f in schema.fields
    )
    return replace(schema, fields=fields)


@dataclass(frozen=True)
class Labels:
    """Truth beside the features: one row for each scheduled payment, fraudulent or honest."""

    engine: Engine
    timed: bool = True

    @property
    def schema(self) -> Schema:
        """Return the fields."""
        schema = labels_schema(self.engine.scenarios)
        return with_uuids(schema) if self.engine.world.spec.ids == "uuid" else schema

    @property
    def blocks(self) -> int:
        """Return the number of blocks."""
        return self.engine.world.volume.blocks

    def weight(self, block: int, window: int) -> int:
        """Return about how many rows a tile has."""
        volume, spec = self.engine.world.volume, self.engine.world.spec
        return round(volume.rows(window, block) * min(1.0, spec.fraud_rate * (1 + spec.fraud.hard_negatives)))

    def tiles(self, block: int, windows: range, columns: Sequence[str] | None = None) -> Iterator[Tile]:
        """Yield the tiles of a block in a range of windows."""
        names = in_order(self.schema, columns)
        local = self.engine.local(block)
        for window in windows:
            frame = label_rows(local, window)
            yield Tile(block, window, {name: frame[name] for name in names})

    @property
    def locators(self) -> tuple[str, ...]:
        """Return the columns that tell a row's tile."""
        return ("customer_id", "event_time")

    def locate(self, frame: Frame) -> tuple[Ints, Ints]:
        """Return (block, window) of each row."""
        return by_customer(self.engine.world).locate(frame)

    def lineage(self) -> dict[str, tuple[str, ...]]:
        """Return nothing: the columns are made together."""
        return {}


@dataclass(frozen=True)
class Catalog:
    """Customers, cards or merchants: blocks of entities, no time."""

    engine: Engine
    name: str
    timed: bool = False

    @property
    def schema(self) -> Schema:
        """Return the fields."""
        return catalog_schema(self.engine.world, self.name)

    @property
    def blocks(self) -> int:
        """Return the number of blocks."""
        return CATALOG_BLOCKS[self.name](self.engine.world)

    def weight(self, block: int, window: int) -> int:  # noqa: ARG002 - the same call for every table
        """Return about how many rows a block has."""
        return CATALOGS[self.name].weight(self.engine.world, block)

    def rows(self, block: int, window: int) -> int | None:  # noqa: ARG002
        """Return the exact rows of a block; None of cards that are made, for only making tells who has several."""
        if self.name == "cards" and self.engine.world.own.cards is None:
            return None
        return CATALOGS[self.name].weight(self.engine.world, block)

    def tiles(self, block: int, windows: range, columns: Sequence[str] | None = None) -> Iterator[Tile]:
        """Yield the block's only tile."""
        names = in_order(self.schema, columns)
        if 0 in windows:
            frame: dict[str, Cells] = CATALOGS[self.name].rows(self.engine.world, self.engine.people, block)
            yield Tile(block, 0, {name: frame[name] for name in names})

    @property
    def locators(self) -> tuple[str, ...]:
        """Return the columns that tell a row's block."""
        return (CATALOGS[self.name].entity,)

    def locate(self, frame: Frame) -> tuple[Ints, Ints]:
        """Return (block, 0) of each row."""
        rule = CATALOGS[self.name]
        block = rule.block_of(self.engine.world, frame[rule.entity].values.astype(np.int64) - 1)
        return block, np.zeros(len(block), np.int64)

    def lineage(self) -> dict[str, tuple[str, ...]]:
        """Return nothing: the columns are made together."""
        return {}
