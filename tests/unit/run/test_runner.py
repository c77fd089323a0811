"""What a run does about what stands at its destination: skip, begin, refuse, continue, replace."""

from __future__ import annotations

import json

import pytest

from rowmill.core.errors import DestinationError, Interrupted, SpecError, UsageError
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from rowmill.run.runner import finalize, write
from rowmill.run.settings import RunSettings
from support.books import books, committed
from support.runs import count, difference, land, shown, source
from support.toy import toy

DATASET = toy(rows=900)


def contents(out):
    return {path: (out / path).read_bytes() for path in shown(out)}


def receipts(out):
    return sorted((out / "_rowmill").glob("**/parts/*/*.json"))


def staged(out):
    return sorted((out / "_rowmill" / "whole" / "staging").rglob("*.parquet"))


def interrupted(dataset, out, what=None, *, after=150, mode="new", **settings):
    """Run until some rows have passed, then press Ctrl-C."""

    def press(done, _):
        if done > after:
            raise KeyboardInterrupt

    chosen = RunSettings(
        **{"out": str(out), "workers": 1, "part_rows": 150, "row_group_rows": 90, "batch_size": 50, **settings}
    )
    with pytest.raises(Interrupted, match="continue with --resume"):
        write(dataset, chosen, what or Slice(), mode=mode, progress=press)


def test_a_run_says_what_it_made(tmp_path):
    summary = land(DATASET, tmp_path, workers=2)

    assert (summary.domain, summary.seed, summary.slice, summary.rows) == ("toy", 7, "whole", 900)
    assert (summary.skipped, summary.committed, summary.workers) == (False, True, 2)
    assert summary.fingerprint == DATASET.fingerprint
    assert summary.files == len(shown(tmp_path))
    assert summary.bytes == sum((tmp_path / path).stat().st_size for path in shown(tmp_path))
    assert summary.tables["events"].rows == count(tmp_path, "events") == 900
    assert summary.rows_per_second > 0
    assert summary.peak_rss_mb > 10
    assert json.loads(json.dumps(summary.to_json()))["tables"]["things"]["rows"] == 30


def test_a_finished_folder_holds_tables_and_books_and_nothing_else(tmp_path):
    land(DATASET, tmp_path)

    assert sorted(p.name for p in tmp_path.iterdir()) == ["_rowmill", "events", "remarks", "things"]
    assert books(tmp_path) == committed(tmp_path) == ["_SUCCESS", "head.json", "whole", committed(tmp_path)[-1]]


def test_the_manifest_holds_spec_versions_and_digests(tmp_path):
    summary = land(DATASET, tmp_path)

    manifest = read(tmp_path)

    assert manifest.spec == DATASET.spec.model_dump(mode="json")
    assert (manifest.domain, manifest.data_version, manifest.seed, manifest.main) == ("toy", "1", 7, "events")
    assert (manifest.digest, manifest.fingerprint, manifest.rows) == (summary.digest, summary.fingerprint, 900)
    assert manifest.published
    assert list(manifest.tables) == ["events", "remarks", "things"]
    assert not [path for path in (tmp_path / "_rowmill").rglob("*.json") if str(tmp_path) in path.read_text()]


@pytest.mark.parametrize("mode", ["new", "resume"])
def test_a_finished_run_is_recognised(tmp_path, mode):
    first = land(DATASET, tmp_path)
    before = contents(tmp_path)

    again = land(DATASET, tmp_path, mode=mode, workers=2, batch_size=7)

    assert (again.skipped, again.digest, again.rows) == (True, first.digest, 900)
    assert contents(tmp_path) == before


def test_the_same_rows_in_another_layout_are_not_written_beside(tmp_path):
    land(DATASET, tmp_path)

    with pytest.raises(DestinationError, match=r"compression is snappy there, zstd here\); use --overwrite"):
        land(DATASET, tmp_path, compression="zstd")
    assert land(DATASET, tmp_path, compression="zstd", mode="overwrite").skipped is False
    assert verify(tmp_path).ok


def test_another_spec_is_refused_with_the_differences(tmp_path):
    land(DATASET, tmp_path)
    before = contents(tmp_path)

    for mode in ("new", "resume"):
        with pytest.raises(
            DestinationError, match=r"another spec \(seed is 7 there, 8 here; rows is 900 there, 901 here"
        ):
            land(toy(rows=901, seed=8), tmp_path, mode=mode)
    with pytest.raises(DestinationError, match=r"format is parquet there, csv here"):
        land(DATASET, tmp_path, format="csv")
    assert contents(tmp_path) == before


def test_overwrite_puts_another_spec_in_its_place(tmp_path):
    land(DATASET, tmp_path, part_rows=100)
    land(toy(rows=300, seed=8), tmp_path, mode="overwrite", partition_by="month")

    assert count(tmp_path, "events") == 300
    assert read(tmp_path).seed == 8
    assert verify(tmp_path).ok
    assert all("year=" in path or path.startswith("things") for path in shown(tmp_path))


def test_overwrite_keeps_the_old_data_until_the_new_is_complete(tmp_path):
    land(DATASET, tmp_path)
    before = contents(tmp_path)

    interrupted(toy(rows=800, seed=8), tmp_path, mode="overwrite")

    assert contents(tmp_path) == before
    assert verify(tmp_path).ok
    assert land(DATASET, tmp_path).skipped
    assert land(toy(rows=800, seed=8), tmp_path, mode="resume").rows == 800
    assert verify(tmp_path).ok


def test_an_unfinished_run_shows_nothing_and_is_continued_or_dropped(tmp_path):
    whole = land(DATASET, tmp_path / "whole")
    interrupted(DATASET, tmp_path / "out")
    made = {path: path.stat().st_mtime_ns for path in staged(tmp_path / "out")}

    assert shown(tmp_path / "out") == []
    assert len(receipts(tmp_path / "out")) == len(made) >= 1
    with pytest.raises(
        DestinationError, match=r"unfinished run of slice whole; continue it with --resume, or drop it with"
    ):
        land(DATASET, tmp_path / "out")
    with pytest.raises(DestinationError, match="holds no finished run"):
        read(tmp_path / "out")
    assert land(DATASET, tmp_path / "out", mode="resume").digest == whole.digest
    shown_now = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.parquet")}
    assert {path.name: time for path, time in made.items()}.items() <= shown_now.items()
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_an_unfinished_run_can_be_dropped(tmp_path):
    interrupted(DATASET, tmp_path)

    assert land(toy(rows=5), tmp_path, mode="overwrite").rows == 5
    assert verify(tmp_path).ok


def test_an_unfinished_run_goes_on_in_the_layout_it_was_begun_with(tmp_path):
    interrupted(DATASET, tmp_path, compression="zstd", name="x-{part}")

    land(DATASET, tmp_path, mode="resume")

    assert read(tmp_path).slices[0].layout.compression == "zstd"
    assert shown(tmp_path)[0] == "events/x-00000.parquet"


def test_resume_where_nothing_stands_begins(tmp_path):
    assert land(DATASET, tmp_path, mode="resume").rows == 900


def test_a_receipt_that_is_lost_costs_one_part(tmp_path):
    interrupted(DATASET, tmp_path)
    receipts(tmp_path)[0].unlink()

    assert land(DATASET, tmp_path, mode="resume").rows == 900
    assert verify(tmp_path).ok


@pytest.mark.parametrize(
    "junk", [b"", b"\n", b"{}", b"[1]", b"\xff\xfe", b'{"part":"events-00000","table":"events","files":[]}']
)
def test_junk_in_the_place_of_a_receipt_is_no_part(tmp_path, junk):
    interrupted(DATASET, tmp_path)
    receipts(tmp_path)[0].write_bytes(junk)

    land(DATASET, tmp_path, mode="resume")

    assert verify(tmp_path).ok


def test_days_join_in_any_order_to_what_one_run_makes(tmp_path):
    whole = land(DATASET, tmp_path / "whole")
    for day in (3, 0, 5, 1, 4, 2):
        summary = land(DATASET, tmp_path / "days", Slice(range(day, day + 1)))
        assert summary.rows == summary.tables["events"].rows < 900

    manifest = read(tmp_path / "days")

    assert manifest.digest == whole.digest
    assert [entry.label for entry in manifest.slices] == [
        f"2025-{d}" for d in ("11-27", "11-28", "11-29", "11-30", "12-01", "12-02")
    ]
    assert [path for path in shown(tmp_path / "days") if path.startswith("things")] == [
        "things/toy_things_900_2025-12-02_00000.parquet"
    ]
    assert verify(tmp_path / "days").ok
    for table in DATASET.tables:
        assert difference(f"FROM {source(tmp_path / 'whole', table)}", f"FROM {source(tmp_path / 'days', table)}") == 0


def test_a_day_of_an_open_period_is_the_same_alone_and_in_a_backfill(tmp_path):
    endless = toy(rows=60, days=None)
    land(endless, tmp_path / "one", Slice(range(400, 401)))
    land(endless, tmp_path / "many", Slice(range(399, 403)))

    alone = f"FROM {source(tmp_path / 'one', 'events')}"
    filtered = f"FROM {source(tmp_path / 'many', 'events')} WHERE on_day = DATE '2027-01-01'"

    assert difference(alone, filtered) == 0
    assert shown(tmp_path / "one")[0] == "events/toy_daily_2027-01-01_00000.parquet"
    assert shown(tmp_path / "one")[-1] == "things/toy_things_daily_2025-11-27_00000.parquet"
    assert read(tmp_path / "many").slices[0].label == "2026-12-31_2027-01-03"
    with pytest.raises(SpecError, match="an open period has no end"):
        land(endless, tmp_path / "all")


def test_a_day_written_twice_is_recognised_and_overlaps_are_refused(tmp_path):
    land(DATASET, tmp_path, Slice(range(1, 3)))
    before = contents(tmp_path)

    assert land(DATASET, tmp_path, Slice(range(1, 3))).skipped
    with pytest.raises(
        DestinationError,
        match=r"overlaps slice 2025-11-28_2025-11-29; .* --overwrite, which drops every day of it",
    ):
        land(DATASET, tmp_path, Slice(range(2, 3)))
    with pytest.raises(DestinationError, match="whole overlaps slice"):
        land(DATASET, tmp_path)
    assert contents(tmp_path) == before


def test_overwriting_a_day_leaves_the_others_alone(tmp_path):
    for day in range(3):
        land(DATASET, tmp_path, Slice(range(day, day + 1)))
    before = contents(tmp_path)

    land(DATASET, tmp_path, Slice(range(1, 2)), mode="overwrite", compression="zstd")

    after = contents(tmp_path)
    assert [path for path in before if after[path] != before[path]] == [path for path in before if "2025-11-28" in path]
    assert set(after) == set(before)
    assert verify(tmp_path).ok


def test_overwriting_with_the_whole_replaces_the_days(tmp_path):
    land(DATASET, tmp_path, Slice(range(1, 2)))
    interrupted(DATASET, tmp_path, Slice(range(3, 5)), after=100)
    whole = land(DATASET, tmp_path, mode="overwrite")

    assert [entry.label for entry in read(tmp_path).slices] == ["whole"]
    assert read(tmp_path).digest == whole.digest
    assert verify(tmp_path).ok
    assert books(tmp_path) == committed(tmp_path)


def test_names_without_a_date_cannot_hold_two_days(tmp_path):
    land(DATASET, tmp_path, Slice(range(1)), name="x-{part}")

    with pytest.raises(DestinationError, match=r"has a file events/x-00000.parquet already; put \{date\} into --name"):
        land(DATASET, tmp_path, Slice(range(1, 2)), name="x-{part}")


def test_columns_concern_the_main_table_alone(tmp_path):
    land(DATASET, tmp_path / "all")
    land(DATASET, tmp_path / "some", Slice(columns=("flag", "event_id")))

    some = f"FROM {source(tmp_path / 'some', 'events')}"
    assert difference(f"SELECT event_id, flag FROM {source(tmp_path / 'all', 'events')}", some) == 0
    for table in ("remarks", "things"):
        assert read(tmp_path / "some").tables[table].columns == read(tmp_path / "all").tables[table].columns
    columns = read(tmp_path / "some").tables["events"].columns
    assert columns.items() <= read(tmp_path / "all").tables["events"].columns.items()
    assert read(tmp_path / "some").columns == ("event_id", "flag")
    assert land(DATASET, tmp_path / "all", Slice(columns=DATASET.tables["events"].schema.names)).skipped


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (Slice(columns=("flagg",)), "column 'flagg': unknown in events; did you mean 'flag'"),
        (Slice(columns=()), "columns: got none"),
        (Slice(range(6, 7)), "windows 6…6: outside the period, whose windows are 0…5"),
        (Slice(range(-1, 2)), "windows -1…1: outside the period"),
    ],
)
def test_slices_that_cannot_be_are_refused_before_anything_is_touched(tmp_path, what, message):
    with pytest.raises(UsageError, match=message):
        land(DATASET, tmp_path / "out", what)
    assert not (tmp_path / "out").exists()


def test_a_share_that_cannot_be_is_refused():
    for part in ((0, 3), (4, 3), (1, 0)):
        with pytest.raises(UsageError, match="i runs from 1 to n"):
            Slice(part=part)
    with pytest.raises(UsageError, match="one or more consecutive windows"):
        Slice(range(0, 6, 2))


def test_a_destination_is_needed():
    with pytest.raises(UsageError, match="no destination: give a folder with --out DIR"):
        write(DATASET, RunSettings())


def test_progress_counts_the_main_table_up_to_all_of_it(tmp_path):
    seen = []
    settings = RunSettings(out=str(tmp_path), workers=1, batch_size=30)

    write(DATASET, settings, progress=lambda done, total: seen.append((done, total)))

    assert seen[-1] == (900, 900)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {total for _, total in seen} == {900}


class TestMachines:
    """Several machines share a destination, and one finalize commits."""

    def test_shares_and_finalize_equal_one_run(self, tmp_path):
        whole = land(DATASET, tmp_path / "whole")
        for i in (2, 3, 1):
            share = land(DATASET, tmp_path / "out", Slice(part=(i, 3)))
            assert not share.committed
            assert shown(tmp_path / "out") == []

        done = finalize(tmp_path / "out")

        assert (done.digest, done.committed, done.skipped) == (whole.digest, True, False)
        assert contents(tmp_path / "out") == contents(tmp_path / "whole")
        assert verify(tmp_path / "out").ok
        assert finalize(tmp_path / "out").skipped
        assert land(DATASET, tmp_path / "out", Slice(part=(1, 3))).skipped

    def test_finalize_names_what_is_missing(self, tmp_path):
        land(DATASET, tmp_path, Slice(part=(1, 2)))

        with pytest.raises(DestinationError, match=r"slice whole lacks \d of \d+ parts \(events-0000\d"):
            finalize(tmp_path)
        assert shown(tmp_path) == []

    def test_there_must_be_something_to_finalize(self, tmp_path):
        with pytest.raises(DestinationError, match="holds no run"):
            finalize(tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_a_share_done_is_recognised_and_one_begun_needs_resume(self, tmp_path):
        interrupted(DATASET, tmp_path, Slice(part=(1, 2)))

        with pytest.raises(DestinationError, match=r"parts of this share; continue it with --resume"):
            land(DATASET, tmp_path, Slice(part=(1, 2)))
        assert not land(DATASET, tmp_path, Slice(part=(1, 2)), mode="resume").skipped
        assert land(DATASET, tmp_path, Slice(part=(1, 2))).skipped
        land(DATASET, tmp_path, Slice(part=(2, 2)))
        assert finalize(tmp_path).rows == 900

    def test_another_spec_or_layout_cannot_join(self, tmp_path):
        land(DATASET, tmp_path, Slice(part=(1, 2)))

        with pytest.raises(DestinationError, match="seed is 7 there, 8 here"):
            land(toy(rows=900, seed=8), tmp_path, Slice(part=(2, 2)))
        with pytest.raises(DestinationError, match="unfinished run of slice whole"):
            land(DATASET, tmp_path, Slice(part=(2, 2)), compression="zstd")

    def test_a_single_machine_can_end_what_several_began(self, tmp_path):
        land(DATASET, tmp_path, Slice(part=(2, 3)))

        assert land(DATASET, tmp_path, mode="resume").digest == land(DATASET, tmp_path / "x" / "whole").digest

    def test_days_made_by_several_machines_are_all_finalized(self, tmp_path):
        for day in (0, 1):
            for i in (1, 2):
                land(DATASET, tmp_path, Slice(range(day, day + 1), part=(i, 2)))

        finalize(tmp_path)

        assert [entry.label for entry in read(tmp_path).slices] == ["2025-11-27", "2025-11-28"]
        assert verify(tmp_path).ok
