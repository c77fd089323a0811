"""The head: a night costs the same whatever stands there, and what the head says is changed by one at a time."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.run.books import manifest as manifest_module
from rowmill.run.books.head import HEAD, Head, sum_of
from rowmill.run.books.manifest import read
from rowmill.run.books.manifests import entry_of
from rowmill.run.books.survey import survey
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from rowmill.sinks.registry import destination
from rowmill.testing import MemoryBuckets
from support.books import edit, head, manifest
from support.counting import counted
from support.runs import land, shown
from support.toy import toy

OPEN = toy(rows=20, days=None)
DOCUMENT = re.compile(r"^(get|put_new|put_over) _rowmill/(?!.*/staging/).*\.json$")
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


def test_a_night_in_a_bucket_is_as_constant_its_leases_counted():
    with MemoryBuckets().registered() as buckets:
        found, faults = {}, buckets.bucket("memory://out").faults
        for number in range(20):
            faults.verbs.clear()
            night("memory://out", number)
            found[number] = Counter(verb.split()[0] for verb in faults.verbs if DOCUMENT.search(verb))

    assert found[19] == found[4]
    assert 0 < found[19].total() <= MOST


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


def test_a_slice_that_is_replaced_while_it_is_read_is_read_as_it_stands_then(tmp_path, monkeypatch):
    night(tmp_path, 0)
    night(tmp_path, 1)
    plain, told = manifest_module.entry_of, []

    def late(target, slice_):
        if not told:
            told.append(slice_)
            night(tmp_path, 0, mode="overwrite", compression="zstd")
        return plain(target, slice_)

    monkeypatch.setattr(manifest_module, "entry_of", late)

    assert [entry.layout.compression for entry in read(tmp_path).slices] == ["zstd", "snappy"]
    assert told


def test_a_slice_that_another_process_replaced_is_not_called_damaged(tmp_path):
    night(tmp_path, 0)
    target = destination(str(tmp_path))
    [before] = survey(target).slices
    night(tmp_path, 0, mode="overwrite", compression="zstd")

    with pytest.raises(DestinationError, match="slice 2025-11-27 was replaced by another process meanwhile"):
        entry_of(target, before)
