"""The five tables of a payments dataset as tables of the engine: what yields tiles, and where a row belongs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial

import numpy as np

from rowmill.core.kept import Kept
from rowmill.domains.payments.cardnumbers import CARDS_EACH
from rowmill.domains.payments.catalogs.cards import CARDS, cards_schema
from rowmill.domains.payments.catalogs.customers import CUSTOMERS, CUSTOMERS_SCHEMA
from rowmill.domains.payments.catalogs.merchants import MERCHANTS, MERCHANTS_PER_BLOCK, MERCHANTS_SCHEMA
from rowmill.domains.payments.columns import TRANSACTIONS
from rowmill.domains.payments.fields import TRANSACTIONS_SCHEMA, UUID_PATTERN
from rowmill.domains.payments.flow import Flow
from rowmill.domains.payments.labels import LABELS, Book, Truth, labels_schema
from rowmill.domains.payments.local import Local, Shared
from rowmill.domains.payments.own.entities import places
from rowmill.domains.payments.people import BlockPeople
from rowmill.domains.payments.scenarios.scene import Scenario
from rowmill.domains.payments.tile import TileRows
from rowmill.domains.payments.world import World
from rowmill.draw.arrays import Ints
from rowmill.model.blocks import Blocks
from rowmill.model.column_table import ByEntity, ColumnTable, Counts, Given
from rowmill.model.schema import Schema

LINKED = "previous_txn_id"
_BLOCKS_KEPT = 2


class Engine:
    """What the tables of one dataset share in one process; blocks are built when first asked for and few are kept."""

    def __init__(self, world: World, scenarios: Mapping[str, Scenario]) -> None:
        self.world, self.scenarios = world, scenarios
        self._people: Kept[int, BlockPeople] = Kept(_BLOCKS_KEPT)
        self._locals: Kept[int, Local] = Kept(_BLOCKS_KEPT)

    @cached_property
    def shared(self) -> Shared:
        """Return what all blocks share."""
        return Shared(self.world)

    def people(self, block: int) -> BlockPeople:
        """Return the customers of a block."""
        return self._people.get(block, partial(BlockPeople, self.world))

    def local(self, block: int) -> Local:
        """Return the look-ups of a block."""
        return self._locals.get(block, self._local)

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
        Counts.exact(world.volume.rows),
        by_customer(world),
        given,
        world.key.child("transactions"),
        timed=True,
    )


def _given(rows: TileRows, local: Local, shared: Shared) -> Given:
    return Given(rows.day.window, {"rows": rows, "local": local, "shared": shared}, lambda: rows.id)


def by_customer(world: World) -> ByEntity:
    """Return what tells a payment's tile: its customer and its day."""
    return replace(_by_number("customer_id", world.volume.block_of), time="event_time", first_day=world.first_day)


def with_uuids(schema: Schema) -> Schema:
    """Return a schema whose transaction ids are UUID text."""
    names = {"transaction_id", "previous_txn_id"}
    fields = tuple(
        replace(f, type="string", minimum=None, pattern=UUID_PATTERN, layout="plain") if f.name in names else f
        for f in schema.fields
    )
    return replace(schema, fields=fields)


def labels(engine: Engine) -> ColumnTable:
    """Return the truth beside the features: one row for each scheduled payment, fraudulent or honest."""
    world, scenarios = engine.world, engine.scenarios.values()
    schema, book, fraud = labels_schema(scenarios), Book.of(scenarios), world.spec.fraud

    def given(block: int, windows: range, names: frozenset[str]) -> Iterator[Given]:  # noqa: ARG001
        local = engine.local(block)
        for window in windows:
            truth = Truth.of(local, window)
            yield Given(window, {"truth": truth, "local": local, "book": book}, truth.identity)

    def weight(block: int, window: int) -> int:
        return round(world.volume.rows(block, window) * min(1.0, world.spec.fraud_rate * (1 + fraud.hard_negatives)))

    return ColumnTable(
        with_uuids(schema) if world.spec.ids == "uuid" else schema,
        LABELS,
        world.volume.blocks,
        Counts.about(weight),
        by_customer(world),
        given,
        world.key.child("labels"),
        timed=True,
    )


def customers(engine: Engine) -> ColumnTable:
    """Return the customers, block by block."""
    world = engine.world

    def given(block: int, windows: range, names: frozenset[str]) -> Iterator[Given]:  # noqa: ARG001
        people = engine.people(block)
        yield Given(0, {"people": people}, lambda: people.customer)

    return ColumnTable(
        CUSTOMERS_SCHEMA,
        CUSTOMERS,
        world.volume.blocks,
        Counts.exact(lambda block, _: _customers_in(world, block)),
        _by_number("customer_id", world.volume.block_of),
        given,
        world.key.child("catalogs", "customers"),
    )


def _customers_in(world: World, block: int) -> int:
    return world.volume.customers_before(block + 1) - world.volume.customers_before(block)


def cards(engine: Engine) -> ColumnTable:
    """Return the cards, by the blocks of their owners; of those that are made, only making tells who has several."""
    world, own = engine.world, engine.world.own.cards

    def given(block: int, windows: range, names: frozenset[str]) -> Iterator[Given]:  # noqa: ARG001
        people = engine.people(block)
        yield Given(0, {"people": people}, lambda: people.card)

    def own_rows(block: int, window: int) -> int:  # noqa: ARG001 - the same call for every table
        return world.volume.own_cards_before(block + 1) - world.volume.own_cards_before(block)

    def block_of(number: Ints) -> Ints:
        if own is None:
            return world.volume.block_of(number // CARDS_EACH)
        place = own.places(number)
        return np.where(place < 0, -1, world.volume.block_of(own.customer[place]))

    made = Counts.about(lambda block, _: 3 * _customers_in(world, block) // 2)
    return ColumnTable(
        cards_schema(hashes=own is not None and own.pan_hash is not None),
        CARDS,
        world.volume.blocks,
        made if own is None else Counts.exact(own_rows),
        _by_number("card_id", block_of),
        given,
        world.key.child("catalogs", "cards"),
    )


def merchants(engine: Engine) -> ColumnTable:
    """Return the merchants, block by block."""
    world, own = engine.world, engine.world.own.merchants
    blocks = Blocks(world.volume.merchants, MERCHANTS_PER_BLOCK)

    def given(block: int, windows: range, names: frozenset[str]) -> Iterator[Given]:  # noqa: ARG001
        rows = slice(blocks.range(block).start, blocks.range(block).stop)
        inputs = {"merchants": world.merchants, "rows": rows, "reference": world.reference}
        yield Given(0, inputs, lambda: world.merchants.ids(blocks.numbers(block)))

    return ColumnTable(
        MERCHANTS_SCHEMA,
        MERCHANTS,
        blocks.count,
        Counts.exact(lambda block, _: len(blocks.range(block))),
        _by_number("merchant_id", lambda number: blocks.of(number if own is None else places(own.number, number))),
        given,
        world.key.child("catalogs", "merchants"),
    )


def _by_number(entity: str, block_of: Callable[[Ints], Ints]) -> ByEntity:
    """Return what tells the block of a row: the number of its entity, which is the identifier − 1."""
    return ByEntity(entity, lambda cells: block_of(cells.values.astype(np.int64) - 1))


def tables_of(engine: Engine) -> dict[str, ColumnTable]:
    """Return all tables by name, the main one first."""
    made = (transactions(engine), labels(engine), customers(engine), cards(engine), merchants(engine))
    return {table.schema.name: table for table in made}
