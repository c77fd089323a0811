"""Exactness: how many rows a tile has is known before it is made, in every table of which counts alone can tell."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from laws.contents import build, every_domain, examples, windows_of
from rowmill.model.dataset import Dataset
from rowmill.model.table import exact_rows

UNTOLD = {"labels", "cards", "vs", "truth", "events"}
"""Tables of whose rows only making tells, at least where nobody brings files of their own."""


def told_otherwise(dataset: Dataset) -> list[tuple[str, int, int, int | None, int]]:
    """Return (table, block, window, rows as told, rows as made) of tiles that do not have as many rows as told."""
    wrong = []
    for name, table in dataset.tables.items():
        for block in range(table.blocks):
            for tile in table.tiles(block, windows_of(dataset, name)):
                told = exact_rows(table, range(block, block + 1), range(tile.window, tile.window + 1))
                if told != tile.rows and (told is not None or name not in UNTOLD):
                    wrong.append((name, block, tile.window, told, tile.rows))
    return wrong


@every_domain
@examples(6)
@given(data=st.data())
def test_a_tile_has_as_many_rows_as_is_told_without_making_it(case, data):
    assert told_otherwise(build(case.name, data.draw(case.specs))) == []


@every_domain
def test_blocks_and_windows_add_up(case):
    for fields in case.fixed:
        dataset = build(case.name, fields)
        main = dataset.tables[dataset.main]
        windows = windows_of(dataset, dataset.main)
        made = sum(tile.rows for block in range(main.blocks) for tile in main.tiles(block, windows))
        assert exact_rows(main, range(main.blocks), windows) in ({made, None} if dataset.main in UNTOLD else {made})
