"""The head: a night costs the same whatever stands there, and what the head says is changed by one at a time."""

from __future__ import annotations

import pytest

from rowmill.core.errors import IntegrityError
from rowmill.run.books.head import HEAD, Head, sum_of
from rowmill.run.books.manifest import read
from rowmill.run.books.survey import survey
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from rowmill.sinks.registry import destination
from support.books import edit, head, manifest
from support.counting import counted
from support.runs import land, shown
from support.toy import toy

OPEN = toy(rows=20, days=None)
MOST = 12
"""Documents that a night may read and write."""


def night(out, number, **settings):
    return land(OPEN, out, Slice(range(number, number + 1)), name="{table}-{date}-{part}", part_rows=1000, **settings)


def test_the_fortieth_night_reads_and_writes_as_many_documents_as_the_fifth(tmp_path, monkeypatch):
    found = {}
    for number in range(40):
        with counted(monkeypatch) as calls:
            night(tmp_path, number)
        found[number] = dict(calls)

    assert found[39] == found[4], found
    assert 0 < sum(found[39][verb] for verb in ("read", "create", "replace")) <= MOST
    assert len(read(tmp_path).slices) == 40


def test_the_head_lists_what_the_manifests_say(tmp_path):
    for number in (2, 0, 1):
        night(tmp_path, number)
    found = survey(destination(str(tmp_path)))

    assert [each.windows for each in found.slices] == [(0, 1), (1, 2), (2, 3)]
    for each, entry in zip(found.slices, read(tmp_path).slices, strict=True):
        assert (each.label, each.dates, each.digest) == (entry.label, entry.dates, entry.digest)
        assert each.rows == entry.tables["events"].rows
    for table in ("events", "things"):
        assert found.head.names[table] == sum_of([path for path in shown(tmp_path) if path.startswith(f"{table}/")])


def test_a_head_reads_back_as_it_was_written(tmp_path):
    night(tmp_path, 0)
    found = survey(destination(str(tmp_path))).head

    assert Head.from_json(head(tmp_path).read_bytes()) == found


def test_of_two_who_change_the_head_one_is_told_to_look_again(tmp_path):
    night(tmp_path, 0)
    target = destination(str(tmp_path))
    before = target.documents.read(HEAD)

    night(tmp_path, 1)

    assert target.documents.replace(HEAD, b"{}", before.version) is None
    assert len(survey(target).slices) == 2


def test_a_damaged_head_is_named_and_made_again_from_the_manifests_once_it_is_removed(tmp_path):
    for number in range(3):
        night(tmp_path, number)
    digest = read(tmp_path).digest
    head(tmp_path).write_bytes(b"[")
    for mode in ("new", "overwrite"):
        with pytest.raises(IntegrityError, match=r"head.json: is damaged .*remove it: it is made again"):
            night(tmp_path, 3, mode=mode)

    head(tmp_path).unlink()

    assert read(tmp_path).digest == digest
    night(tmp_path, 3)
    assert len(survey(destination(str(tmp_path))).slices) == 4
    assert verify(tmp_path).ok


def test_a_head_of_a_later_version_is_named_as_such(tmp_path):
    night(tmp_path, 0)
    edit(head(tmp_path), lambda data: data.update(form=99))

    with pytest.raises(IntegrityError, match=r"head.json: is of form 99, written by a later rowmill"):
        read(tmp_path)


def test_more_keys_in_a_head_are_no_damage(tmp_path):
    night(tmp_path, 0)
    edit(head(tmp_path), lambda data: (data.update(more=1), data["slices"][0].update(more=[2])))

    night(tmp_path, 1)

    assert verify(tmp_path).ok


def test_a_manifest_that_is_not_the_one_listed_is_refused(tmp_path):
    night(tmp_path, 0)
    edit(head(tmp_path), lambda data: data["slices"][0].update(rows=data["slices"][0]["rows"] + 1))

    with pytest.raises(IntegrityError, match="it is not of the slice that the head lists"):
        read(tmp_path)


def test_a_manifest_that_nobody_lists_is_not_committed(tmp_path):
    night(tmp_path, 0)
    path = manifest(tmp_path, "2025-11-27")
    path.with_name("manifest-0000000000000000.json").write_bytes(path.read_bytes())

    assert len(read(tmp_path).slices) == 1
    night(tmp_path, 0, mode="overwrite")
    assert manifest(tmp_path, "2025-11-27") == path
