"""A commit holds what the parts have against what the spec makes: other counts are never committed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rowmill.core.errors import IntegrityError
from rowmill.model.frame import take_rows
from rowmill.model.table import Tile
from rowmill.plan import Plan
from rowmill.run.books.parts import Parts
from rowmill.run.books.survey import survey
from rowmill.run.checks.exact import refuse_other_counts
from rowmill.run.request import Slice
from rowmill.run.runner import finalize
from rowmill.sinks.registry import destination
from support.runs import land, shown
from support.toy import ToyTable, toy

DATASET = toy(rows=200)
SHARES = [Slice(part=(i, 2)) for i in (1, 2)]


@pytest.mark.parametrize("kind", ["events", "remarks", "things"])
def test_a_table_that_makes_a_row_less_is_not_committed(tmp_path, monkeypatch, kind):
    honest = ToyTable.tiles

    def short(table, *place):
        for tile in honest(table, *place):
            lost = table.kind == kind and tile.block == 1
            yield Tile(tile.block, tile.window, take_rows(tile.frame, slice(int(lost), None)))

    monkeypatch.setattr(ToyTable, "tiles", short)

    with pytest.raises(IntegrityError, match=rf"part {kind}-0000\d holds [\d,]+ rows where the spec makes [\d,]+"):
        land(DATASET, tmp_path)
    assert shown(tmp_path) == []
    assert not survey(destination(str(tmp_path))).slices


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return a run whose shares are all made, and its receipts."""
    out = tmp_path_factory.mktemp("finished")
    for share in SHARES:
        land(DATASET, out, share)
    [run] = survey(destination(str(out))).unfinished
    receipts = Parts(destination(str(out)), run, None).finished()
    refuse_other_counts("out", run, receipts)
    return run, receipts


def test_parts_that_leave_tiles_out_or_overlap_are_refused(finished):
    run, receipts = finished
    parts, weights, rows = run.plan.parts, run.plan.weights, run.plan.rows
    for place, part in enumerate(parts):
        for change in ({"block_stop": part.block_stop + 1}, {"window_start": part.window_start + 1}):
            changed = (*parts[:place], replace(part, **change), *parts[place + 1 :])
            with pytest.raises(IntegrityError, match=rf"{part.table} do not cover slice|{part.name} holds other"):
                refuse_other_counts("out", replace(run, plan=Plan(changed, weights, rows)), receipts)
    doubled = Plan((*parts, parts[0]), (*weights, weights[0]), (*rows, rows[0]))
    with pytest.raises(IntegrityError, match="do not cover"):
        refuse_other_counts("out", replace(run, plan=doubled), receipts)


def test_a_receipt_of_other_tiles_or_rows_is_refused(finished):
    run, receipts = finished
    name, receipt = next((name, each) for name, each in receipts.items() if each.table == "events")
    file = receipt.files[0]
    other = (file.tiles[0], file.tiles[1], file.tiles[2], file.tiles[3] + 1)
    for wrong, message in (
        (replace(receipt, files=(replace(file, rows=file.rows - 1), *receipt.files[1:])), "rows where the spec makes"),
        (replace(receipt, files=receipt.files[1:]), "rows where the spec makes"),
        (replace(receipt, files=(replace(file, tiles=other), *receipt.files[1:])), "holds other tiles than planned"),
        (replace(receipt, table="remarks"), "holds other tiles than planned"),
    ):
        with pytest.raises(IntegrityError, match=rf"part {name} .*{message}"):
            refuse_other_counts("out", run, {**receipts, name: wrong})


def test_finalize_holds_what_machines_made_against_the_plan(tmp_path):
    for share in SHARES:
        land(DATASET, tmp_path, share)
    path = next((tmp_path / "_rowmill").glob("**/parts/*/events-*.json"))
    receipt = json.loads(path.read_bytes())
    receipt["files"][0]["rows"] -= 1
    path.write_text(json.dumps(receipt))

    with pytest.raises(IntegrityError, match=r"rows where the spec makes .*nothing was committed; .*--overwrite"):
        finalize(tmp_path)
    assert shown(tmp_path) == []
    assert land(DATASET, tmp_path, mode="overwrite").rows == 200


def test_what_a_run_is_called_tells_it_from_every_other(tmp_path):
    def name(dataset, what=None, **settings):
        land(dataset, tmp_path / "x", what or Slice(part=(1, 9)), mode="overwrite", **settings)
        [run] = survey(destination(str(tmp_path / "x"))).unfinished
        return run.stage.run

    day = Slice(range(1), part=(1, 9))
    same = [name(DATASET), name(toy(rows=200), workers=2), name(DATASET, Slice(part=(2, 9)))]
    others = [
        name(toy(rows=201)),
        name(toy(rows=200, seed=8)),
        name(DATASET, day),
        name(DATASET, part_rows=33),
        name(DATASET, compression="zstd"),
        name(DATASET, format="csv"),
        name(DATASET, Slice(columns=("flag",), part=(1, 9))),
        name(DATASET, tables=("events",)),
    ]
    assert len(set(same)) == 1
    assert len({*same, *others}) == len(others) + 1
