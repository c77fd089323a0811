"""A tiny domain for tests that are not about one: all field types, several blocks, a catalog, labels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting

from rowmill.core.keys import Key
from rowmill.core.units import MICROS_PER_DAY, MICROS_PER_MINUTE, day_number
from rowmill.draw.bijection import Bijection
from rowmill.draw.quota import shares
from rowmill.draw.words import below, bits, words
from rowmill.model.calendar import Days
from rowmill.model.dataset import Dataset
from rowmill.model.frame import Cells, Dictionary, Frame, take_rows
from rowmill.model.inputs import NO_INPUTS, Inputs
from rowmill.model.schema import Field, ForeignKey, Schema
from rowmill.model.spec import Spec
from rowmill.model.table import Tile

NAMES = ("plain", 'quoted "kind"', "comma, kind", "", "línea", "two\nlines")
KINDS = Dictionary(NAMES)
PRICES = Dictionary(np.array([0.01, 9.99, 19.95, 1e-7, 1234567.25]))
NOTHING = Dictionary([""])

EVENTS = Schema(
    name="events",
    version="1",
    description="Things that happen.",
    fields=(
        Field("event_id", "int64", "identity of the row"),
        Field("happened_at", "timestamp", "when", layout="delta"),
        Field("on_day", "date", "UTC date", layout="delta"),
        Field("thing_id", "int64", "what it happened to"),
        Field("count", "int32", "how often", nullable=True, layout="delta"),
        Field("level", "int8", "small number"),
        Field("kind", "enum", "category with awkward text", nullable=True, values=NAMES, layout="dictionary"),
        Field("place", "string", "text whose dictionary differs from block to block", layout="dictionary"),
        Field("price", "float64", "repeating number", nullable=True, layout="dictionary"),
        Field("ratio", "float64", "any number"),
        Field("flag", "bool", "yes or no", nullable=True),
        Field("note", "string", "always missing", nullable=True),
    ),
    primary_key=("event_id",),
    event_time="happened_at",
    foreign_keys=(ForeignKey(("thing_id",), "things", ("thing_id",)),),
)

REMARKS = Schema(
    name="remarks",
    version="1",
    description="Remarks on every seventh event of a tile.",
    fields=(Field("event_id", "int64", "the event"), Field("stars", "int16", "1 to 5")),
    primary_key=("event_id",),
    foreign_keys=(ForeignKey(("event_id",), "events", ("event_id",)),),
)

THINGS = Schema(
    name="things",
    version="1",
    description="Things that events happen to, ten a block.",
    fields=(Field("thing_id", "int64", "identity"), Field("label", "string", "name", layout="dictionary")),
    primary_key=("thing_id",),
)


class ToySpec(Spec):
    rows: int = Setting(default=1000, ge=0)
    blocks: int = Setting(default=3, ge=1)
    days: int | None = Setting(default=6, ge=1)
    """Days of the period; None for an open one of ``rows`` a day."""
    start: dt.date = dt.date(2025, 11, 27)


@dataclass(frozen=True)
class ToyTable:
    schema: Schema
    spec: ToySpec
    key: Key
    kind: Literal["events", "remarks", "things"]

    @property
    def blocks(self) -> int:
        return self.spec.blocks

    @property
    def timed(self) -> bool:
        return self.kind != "things"

    @property
    def locators(self) -> tuple[str, ...]:
        return ("thing_id",) if self.kind == "things" else ("event_id",)

    def weight(self, block: int, window: int) -> int:
        rows = _rows(self.spec, self.key, block, window)
        return {"events": rows, "remarks": -(-rows // 7), "things": 10}[self.kind]

    def rows(self, block: int, window: int) -> int:
        return self.weight(block, window)

    def tiles(self, block: int, windows: range, columns: Sequence[str] | None = None) -> Iterator[Tile]:
        if self.kind == "things":
            frame = _things(block)
            yield Tile(block, 0, _only(frame, columns))
            return
        places = Dictionary([f"place {block}-{n}" for n in range(4)] + ["everywhere"])
        for window in windows:
            frame = _events(self.spec, self.key, block, window, places)
            if self.kind == "remarks":
                frame = take_rows(frame, slice(None, None, 7))
                stars = Cells((frame["level"].values % 5 + 1).astype(np.int16))
                frame = {"event_id": frame["event_id"], "stars": stars}
            yield Tile(block, window, _only(frame, columns))

    def lineage(self) -> dict[str, tuple[str, ...]]:
        return {}

    def locate(self, frame: Frame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if self.kind == "things":
            block = frame["thing_id"].values.astype(np.int64) // 10
            return block, np.zeros_like(block)
        identity = _ids(self.key).invert(frame["event_id"].values)
        return identity >> 40, (identity >> 24) & 0xFFFF


class ToyDomain:
    name = "toy"
    data_version = "1"
    spec_type = ToySpec

    def build(self, spec: Spec, inputs: Inputs = NO_INPUTS) -> Dataset:
        assert isinstance(spec, ToySpec)
        assert spec.seed is not None
        assert not inputs
        key = Key.from_seed(spec.seed).child("toy")
        schemas: dict[Literal["events", "remarks", "things"], Schema] = {
            "events": EVENTS,
            "remarks": REMARKS,
            "things": THINGS,
        }
        return Dataset(
            domain=self.name,
            data_version=self.data_version,
            spec=spec,
            tables={kind: ToyTable(schema, spec, key, kind) for kind, schema in schemas.items()},
            main="events",
            calendar=Days(spec.start, spec.days),
            total=None if spec.days is None else spec.rows,
        )


DOMAIN = ToyDomain()


def toy(**fields: object) -> Dataset:
    """Build a dataset of the toy domain, seed 7 if none is given."""
    return DOMAIN.build(ToySpec.model_validate({"seed": 7, **fields}))


def _rows(spec: ToySpec, key: Key, block: int, window: int) -> int:
    weights = np.arange(1, spec.blocks + 1)
    if spec.days is None:
        return int(shares(spec.rows, weights, key.child("rows", str(window)))[block])
    total = int(shares(spec.rows, weights, key.child("blocks"))[block])
    return int(shares(total, np.ones(spec.days, np.int64), key.child("windows", str(block)))[window])


def _ids(key: Key) -> Bijection:
    return Bijection.of(key.child("ids"))


def _events(spec: ToySpec, key: Key, block: int, window: int, places: Dictionary) -> dict[str, Cells]:
    count = _rows(spec, key, block, window)
    identity = (np.int64(block) << 40) | (np.int64(window) << 24) | np.arange(count, dtype=np.int64)
    word = words(key.child("row"), identity)
    day = day_number(spec.start) + window
    times = day * MICROS_PER_DAY + below(word, 1_440) * MICROS_PER_MINUTE
    ids = _ids(key).apply(identity)
    order = np.lexsort((ids, times))
    word, other = word[order], words(key.child("other"), identity[order])
    return {
        "event_id": Cells(ids[order]),
        "happened_at": Cells(times[order]),
        "on_day": Cells(np.full(count, day, np.int32)),
        "thing_id": Cells(block * 10 + bits(word, 3, 3)),
        "count": Cells(bits(word, 8, 6).astype(np.int32) - 20, bits(other, 0, 3) == 0),
        "level": Cells((bits(word, 20, 8) - 128).astype(np.int8)),
        "kind": Cells((bits(word, 30, 8) % 6).astype(np.int16), bits(word, 20, 3) == 6, KINDS),
        "place": Cells((bits(word, 40, 8) % 5).astype(np.int32), None, places),
        "price": Cells((bits(other, 40, 8) % 5).astype(np.int8), bits(other, 10, 2) == 0, PRICES),
        "ratio": Cells(bits(other, 0, 40).astype(np.float64) / 3.0),
        "flag": Cells(bits(word, 5, 1) == 1, bits(other, 20, 4) == 0),
        "note": Cells(np.zeros(count, np.int32), np.ones(count, np.bool_), NOTHING),
    }


def _things(block: int) -> dict[str, Cells]:
    ids = block * 10 + np.arange(10, dtype=np.int64)
    return {
        "thing_id": Cells(ids),
        "label": Cells(np.arange(10, dtype=np.int32), None, Dictionary([f"thing {number}" for number in ids])),
    }


def _only(frame: dict[str, Cells], columns: Sequence[str] | None) -> Frame:
    return frame if columns is None else {name: cells for name, cells in frame.items() if name in columns}
