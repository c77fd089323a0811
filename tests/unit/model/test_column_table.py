from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rowmill.core.errors import UsageError
from rowmill.core.keys import Key
from rowmill.core.units import MICROS_PER_DAY
from rowmill.model.blocks import Blocks
from rowmill.model.column_table import NUMBERED, ByEntity, ColumnTable, Counts, Given, OneTile, numbered
from rowmill.model.columns import Column, Draw, columns_of
from rowmill.model.frame import Cells
from rowmill.model.schema import Field, Schema
from rowmill.model.table import CountsRows, FindsEntities, Table

KEY = Key.from_seed(3)
BLOCKS = Blocks(10, 4)
SCHEMA = Schema(
    "turns",
    "1",
    "Each player's total, turn by turn.",
    (
        Field("player", "int64", "Player."),
        Field("at", "timestamp", "When."),
        Field("total", "int64", "Sum of all throws so far."),
        Field("luck", "int64", "A number."),
    ),
    ("player", "at"),
    event_time="at",
)
MADE: list[str] = []


def _luck(draw: Draw) -> np.ndarray:
    MADE.append("luck")
    return (draw() >> np.uint64(32)).astype(np.int64)


COLUMNS = columns_of(
    SCHEMA,
    ["players", "window", "sums"],
    {
        "player": lambda players: players + 1,
        "at": lambda players, window: np.full(len(players), window * MICROS_PER_DAY),
        "total": lambda sums: sums,
        "luck": _luck,
    },
)


def turns() -> ColumnTable:
    """A table whose blocks are folds: each window goes on with the sums of the one before."""

    def given(block, windows, names):
        players = BLOCKS.numbers(block)
        sums = players * windows.start if "total" in names else None
        for window in windows:
            sums = None if sums is None else sums + players
            inputs = {"players": players, "window": window, "sums": sums}
            yield Given(window, inputs, lambda window=window: players * 1000 + window, {"even": window % 2})

    by_player = ByEntity("player", lambda cells: BLOCKS.of(cells.values.astype(np.int64) - 1), "at")
    rows = Counts.exact(lambda block, _window: len(BLOCKS.range(block)))
    return ColumnTable(SCHEMA, COLUMNS, BLOCKS.count, rows, by_player, given, KEY, timed=True)


def test_it_is_a_table_that_counts_its_rows():
    table: Table = turns()

    assert isinstance(table, CountsRows)
    assert [table.rows(block, 0) for block in range(table.blocks)] == [4, 4, 2]
    assert [table.weight(block, 0) for block in range(table.blocks)] == [4, 4, 2]


def test_windows_of_a_block_go_on_from_one_another_wherever_they_begin():
    whole = {tile.window: tile for tile in turns().tiles(1, range(5))}
    late = {tile.window: tile for tile in turns().tiles(1, range(3, 5))}

    assert whole[4].frame["total"].values.tolist() == [20, 25, 30, 35]
    assert list(late) == [3, 4]
    for window, tile in late.items():
        assert tile.counts == {"even": window % 2}
        for name in SCHEMA.names:
            assert tile.frame[name].values.tolist() == whole[window].frame[name].values.tolist()


def test_only_the_columns_asked_for_are_made_in_the_order_of_the_schema():
    MADE.clear()
    tile = next(turns().tiles(0, range(1), ["total", "player"]))
    assert (list(tile.frame), MADE) == (["player", "total"], [])

    assert list(next(turns().tiles(0, range(1), ["luck"])).frame) == ["luck"]
    assert MADE == ["luck"]


def test_an_unknown_column_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match="column 'totl': unknown in turns; did you mean 'total'"):
        next(turns().tiles(0, range(1), ["totl"]))


def test_a_row_tells_its_tile():
    tile = next(turns().tiles(2, range(7, 8)))
    block, window = turns().locate({name: tile.frame[name] for name in turns().locators})

    assert (block.tolist(), window.tolist()) == ([2, 2], [7, 7])
    assert turns().locate({"player": Cells(np.array([0, 11])), "at": Cells(np.zeros(2, np.int64))})[0].tolist() == [
        -1,
        -1,
    ]


def test_a_table_without_time_has_window_0_alone():
    table = replace(turns(), timed=False, locator=OneTile("player"))

    assert [tile.window for tile in table.tiles(0, range(9))] == [0]
    assert list(table.tiles(0, range(1, 9))) == []
    assert list(turns().tiles(0, range(3, 3))) == []
    assert [part.tolist() for part in table.locate({"player": Cells(np.arange(2))})] == [[0, 0], [0, 0]]


class Teams:
    """Finds players by their team."""

    columns = ("player",)
    entity = "team"

    def locate(self, frame):
        return BLOCKS.of(frame["player"].values), np.zeros(len(frame["player"]), np.int64)

    def blocks_of(self, entity):
        return {"reds": [0, 2]}.get(entity, [])


def test_a_locator_that_finds_entities_speaks_for_its_table():
    table = replace(turns(), locator=Teams())

    assert isinstance(table, FindsEntities)
    assert (table.entity, table.blocks_of("reds"), table.blocks_of("blues")) == ("team", [0, 2], [])
    assert turns().entity is None


def test_a_column_more_changes_no_other_value():
    tip = Column.of(
        Field("tip", "int64", "Tip."), lambda draw, total: total + (draw() >> np.uint64(60)).astype(np.int64)
    )
    more = turns().with_column(tip)
    before, after = next(turns().tiles(1, range(1))), next(more.tiles(1, range(1)))

    assert (more.schema.names, more.lineage()["tip"]) == ((*SCHEMA.names, "tip"), ("total",))
    assert all(before.frame[name].values.tolist() == after.frame[name].values.tolist() for name in SCHEMA.names)
    assert "tip" not in turns().lineage()
    with pytest.raises(ValueError, match="turns: a step is no column"):
        turns().with_column(Column.step(lambda total: total, "twice"))


def test_a_schema_and_columns_of_other_names_do_not_go_together():
    with pytest.raises(ValueError, match="turns: declares"):
        replace(turns(), schema=replace(SCHEMA, fields=SCHEMA.fields[:-1]))


def test_rows_that_are_numbers_are_given_with_their_place():
    schema = Schema("rows", "1", "", (Field("id", "int64", ""), Field("at", "int64", "")), ("id",))
    columns = columns_of(
        schema, NUMBERED, {"id": lambda number: number, "at": lambda block, window: [block * 10 + window]}
    )
    made = numbered(lambda block, window: np.array([100 * block + window]))
    table = ColumnTable(
        schema, columns, 3, Counts.about(lambda _b, _w: 1), ByEntity.numbered("id", BLOCKS), made, KEY, timed=True
    )

    tiles = list(table.tiles(2, range(4, 6)))

    assert [tile.frame["id"].values.tolist() for tile in tiles] == [[204], [205]]
    assert [tile.frame["at"].values for tile in tiles] == [[24], [25]]
    assert (table.rows(0, 0), table.weight(0, 0)) == (None, 1)
    assert table.locate({"id": Cells(np.array([1, 5, 11]))})[0].tolist() == [0, 1, -1]
