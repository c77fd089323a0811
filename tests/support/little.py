"""A little domain of two tables for tests: shops, and their visits day by day. Every tile that is made is counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rowmill.core.keys import Key
from rowmill.core.units import MICROS_PER_DAY, day_number
from rowmill.draw.words import below, pair_words
from rowmill.model.calendar import Days
from rowmill.model.dataset import Dataset
from rowmill.model.frame import Cells, Dictionary, Frame
from rowmill.model.schema import Field, Schema
from rowmill.model.spec import Spec
from rowmill.model.table import Tile

SHOPS_A_BLOCK = 4
KINDS = Dictionary(["bakery", "butcher", "café"])

VISITS = Schema(
    name="visits",
    version="1",
    description="Visits to shops.",
    fields=(
        Field("visit_id", "int64", "Number of the visit."),
        Field("at", "timestamp", "Instant of the visit.", unit="UTC"),
        Field("shop_id", "int32", "Shop that was visited."),
        Field("kind", "enum", "Kind of the shop.", values=("bakery", "butcher", "café")),
        Field("spent", "int64", "Money spent.", nullable=True, unit="cents"),
    ),
    primary_key=("visit_id",),
    event_time="at",
)
SHOPS = Schema(
    name="shops",
    version="1",
    description="Shops.",
    fields=(Field("shop_id", "int32", "Number of the shop."), Field("kind", "enum", "Kind of the shop.")),
    primary_key=("shop_id",),
)


class LittleSpec(Spec):
    """Shops and their visits."""

    shops: int = 10
    """Number of shops."""
    days: int | None = 5
    """Days from 2025-11-01; None for a period without end."""
    visits: int = 50
    """Visits a block and day."""


@dataclass
class Log:
    """The tiles that were made."""

    tiles: list[tuple[str, int, int]] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Visits:
    """Visits: one tile a block and day."""

    spec: LittleSpec
    log: Log
    schema: Schema = VISITS
    timed: bool = True
    locators: tuple[str, ...] = ("shop_id", "at")

    @property
    def blocks(self) -> int:
        return -(-self.spec.shops // SHOPS_A_BLOCK)

    def weight(self, block: int, window: int) -> int:  # noqa: ARG002
        return self.spec.visits

    def tiles(self, block: int, windows: range, columns: Sequence[str] | None = None) -> Iterator[Tile]:
        for window in windows:
            frame = self._frame(block, window)
            self.log.tiles.append((self.schema.name, block, window))
            self.log.columns |= set(frame if columns is None else columns)
            yield Tile(block, window, {n: c for n, c in frame.items() if columns is None or n in columns})

    def _frame(self, block: int, window: int) -> Frame:
        assert self.spec.seed is not None
        n = np.arange(self.spec.visits, dtype=np.int64)
        words = pair_words(Key.from_seed(self.spec.seed), n, block * 10_000 + window)
        shop = block * SHOPS_A_BLOCK + below(words, min(SHOPS_A_BLOCK, self.spec.shops - block * SHOPS_A_BLOCK))
        start = (day_number(dt.date(2025, 11, 1)) + window) * MICROS_PER_DAY
        # The last row of a day is its last microsecond, the first of the next its first one.
        at = start + n * ((MICROS_PER_DAY - 1) // max(self.spec.visits - 1, 1))
        return {
            "visit_id": Cells((block << 40) + (window << 20) + n),
            "at": Cells(at),
            "shop_id": Cells(shop.astype(np.int32)),
            "kind": Cells((shop % 3).astype(np.int8), dictionary=KINDS),
            "spent": Cells(below(words, 1000), nulls=n % 7 == 3),
        }

    def lineage(self) -> dict[str, tuple[str, ...]]:
        return {}

    def locate(self, frame: Frame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        days = frame["at"].values.astype(np.int64) // MICROS_PER_DAY
        return frame["shop_id"].values.astype(np.int64) // SHOPS_A_BLOCK, days - day_number(dt.date(2025, 11, 1))


@dataclass(frozen=True)
class Shops:
    """Shops: a catalog."""

    spec: LittleSpec
    log: Log
    schema: Schema = SHOPS
    timed: bool = False
    locators: tuple[str, ...] = ("shop_id",)

    @property
    def blocks(self) -> int:
        return -(-self.spec.shops // SHOPS_A_BLOCK)

    def weight(self, block: int, window: int) -> int:  # noqa: ARG002
        return SHOPS_A_BLOCK

    def tiles(self, block: int, windows: range, columns: Sequence[str] | None = None) -> Iterator[Tile]:  # noqa: ARG002
        self.log.tiles.append((self.schema.name, block, 0))
        shop = np.arange(block * SHOPS_A_BLOCK, min((block + 1) * SHOPS_A_BLOCK, self.spec.shops), dtype=np.int32)
        frame = {"shop_id": Cells(shop), "kind": Cells((shop % 3).astype(np.int8), dictionary=KINDS)}
        yield Tile(block, 0, {n: c for n, c in frame.items() if columns is None or n in columns})

    def lineage(self) -> dict[str, tuple[str, ...]]:
        return {}

    def locate(self, frame: Frame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        shop = frame["shop_id"].values.astype(np.int64)
        return shop // SHOPS_A_BLOCK, np.zeros(len(shop), np.int64)


def little(**fields: object) -> tuple[Dataset, Log]:
    """Return a dataset with the log of the tiles made of it."""
    spec, log = LittleSpec(**{"seed": 7, **fields}), Log()
    calendar = Days(dt.date(2025, 11, 1), spec.days)
    total = None if spec.days is None else spec.days * spec.visits * Visits(spec, log).blocks
    tables = {"visits": Visits(spec, log), "shops": Shops(spec, log)}
    return Dataset("little", "1", spec, tables, "visits", calendar, total), log
