"""Destinations of the form without a head are read, verified, extended and replaced."""

from __future__ import annotations

import json
import shutil

import pytest

from rowmill.core.errors import IntegrityError
from rowmill.run.books.manifest import read
from rowmill.run.books.survey import survey
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from rowmill.run.runner import finalize
from rowmill.sinks.registry import destination
from support.books import as_first_form, books, committed, edit, head
from support.runs import land, shown
from support.toy import toy

DATASET, OTHER = toy(rows=300), toy(rows=200, seed=8)
DAYS = ("2025-11-27", "2025-11-28", "2025-11-29")


def day(number):
    return Slice(range(number, number + 1))


@pytest.fixture
def days(tmp_path):
    for number in range(3):
        land(DATASET, tmp_path, day(number), name="{table}-{date}-{part}")
    digest = read(tmp_path).digest
    as_first_form(tmp_path)
    return tmp_path, digest


def test_it_is_read_and_verified_without_being_changed(days):
    out, digest = days
    before = books(out)

    assert read(out).digest == digest
    assert [entry.label for entry in read(out).slices] == list(DAYS)
    assert verify(out).ok
    assert land(DATASET, out, day(1), name="{table}-{date}-{part}").skipped
    assert finalize(out).skipped
    assert books(out) == before == sorted(["_SUCCESS", *DAYS, *(f"{label}/manifest.json" for label in DAYS)])


def test_it_is_extended_and_has_a_head_then(days, tmp_path_factory):
    out, _ = days
    whole = land(DATASET, tmp_path_factory.mktemp("whole"))

    for number in (4, 3, 5):
        land(DATASET, out, day(number), name="{table}-{date}-{part}")

    assert head(out).exists()
    assert read(out).digest == whole.digest
    assert verify(out).ok
    assert books(out) == committed(out)


def test_a_slice_of_it_is_replaced(days):
    out, digest = days

    land(DATASET, out, day(1), mode="overwrite", name="again-{table}-{date}-{part}")

    assert read(out).digest == digest
    assert verify(out).ok
    assert sum("again-" in path for path in shown(out)) > 0
    assert books(out) == committed(out)


def test_all_of_it_is_replaced_by_another_spec(days):
    out, _ = days

    land(OTHER, out, mode="overwrite")

    assert read(out).rows == 200
    assert verify(out).ok
    assert books(out) == committed(out)


def test_a_whole_period_of_it_is_replaced(tmp_path):
    land(DATASET, tmp_path)
    as_first_form(tmp_path)

    land(OTHER, tmp_path, mode="overwrite")

    assert read(tmp_path).rows == 200
    assert verify(tmp_path).ok
    assert books(tmp_path) == committed(tmp_path)


@pytest.mark.parametrize("mode", ["new", "resume"])
def test_a_publication_that_a_crash_cut_short_is_finished(tmp_path, mode):
    out = tmp_path / "out"
    land(DATASET, out)
    as_first_form(out)
    promised = shown(out)
    staged = out / "_rowmill" / "staging" / "run" / "events"
    staged.parent.mkdir(parents=True)
    shutil.move(out / "events", staged)
    (out / "events").mkdir()
    (out / "events" / "old.parquet").write_bytes(b"old")
    replaced = {"labels": ["2025-11-27"], "files": ["events/old.parquet"], "run": "run"}
    edit(out / "_rowmill" / "manifest.json", lambda data: data.update(replaced=replaced))
    (out / "_rowmill" / "2025-11-27").mkdir()
    (out / "_rowmill" / "2025-11-27" / "manifest.json").write_text("{}")

    assert not read(out).published
    assert land(DATASET, out, mode=mode).skipped

    assert shown(out) == promised
    assert read(out).published
    assert verify(out).ok
    assert "replaced" not in json.loads((out / "_rowmill" / "manifest.json").read_text())


@pytest.fixture
def unfinished(tmp_path):
    """Return a destination where an earlier version began a run, with a journal and a staged file."""
    land(DATASET, tmp_path, day(0), name="{table}-{date}-{part}")
    as_first_form(tmp_path)
    place = tmp_path / "_rowmill" / "2025-11-28"
    (place / "staging" / "run" / "events").mkdir(parents=True)
    (place / "staging" / "run" / "events" / "x.parquet").write_bytes(b"PAR1")
    (place / "plan.json").write_text('{"form": 1, "label": "2025-11-28"}')
    (place / "journal-run.jsonl").write_text("{}\n")
    return tmp_path


@pytest.mark.parametrize("mode", ["new", "resume"])
def test_a_run_that_an_earlier_version_began_is_refused(unfinished, mode):
    said = r"holds a run of slice 2025-11-28 that an earlier rowmill began .*drop it with --overwrite"

    with pytest.raises(IntegrityError, match=said):
        land(DATASET, unfinished, day(1), mode=mode, name="{table}-{date}-{part}")

    assert verify(unfinished).ok


def test_a_run_that_an_earlier_version_began_is_dropped_by_overwriting(unfinished):
    land(DATASET, unfinished, day(1), mode="overwrite", name="{table}-{date}-{part}")

    assert [entry.label for entry in read(unfinished).slices] == list(DAYS[:2])
    assert verify(unfinished).ok
    assert books(unfinished) == committed(unfinished)
    assert survey(destination(str(unfinished))).unread == ()


def test_damaged_days_of_it_stay_in_sight_and_are_replaced_one_by_one(days):
    out, digest = days
    for label in DAYS[:2]:
        (out / "_rowmill" / label / "manifest.json").write_text("[")

    land(DATASET, out, day(0), mode="overwrite", name="{table}-{date}-{part}")
    with pytest.raises(IntegrityError, match=r"2025-11-28/manifest.json: is damaged"):
        read(out)
    land(DATASET, out, day(1), mode="overwrite", name="{table}-{date}-{part}")

    assert read(out).digest == digest
    assert verify(out).ok
    assert books(out) == committed(out)


def test_a_damaged_day_of_it_that_was_restored_is_there_again(days):
    out, digest = days
    path = out / "_rowmill" / DAYS[0] / "manifest.json"
    saved = path.read_bytes()
    path.write_text("[")
    land(DATASET, out, day(1), mode="overwrite", name="{table}-{date}-{part}")

    path.write_bytes(saved)

    assert read(out).digest == digest
    land(DATASET, out, day(3), name="{table}-{date}-{part}")
    assert len(read(out).slices) == 4
    assert verify(out).ok
