"""Verify vouches for nothing that it did not compare: records against the spec, files against both."""

from __future__ import annotations

import json
import shutil

import pytest

import rowmill
from rowmill.core.errors import IntegrityError, UsageError
from rowmill.model.spec import fingerprint
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from rowmill.sinks.filetypes.parquet import ParquetFormat
from support.books import edit as change_document
from support.books import head, manifest
from support.runs import land, shown
from support.toy import toy


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    out = tmp_path_factory.mktemp("claims") / "out"
    land(toy(), out)
    return out


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """Return the same data of another seed."""
    out = tmp_path_factory.mktemp("claims") / "other"
    land(toy(seed=4711), out)
    return out


@pytest.fixture
def out(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "out")


def edit(out, change):
    """Change the manifest of the only slice, and what the head says of it: who lies, lies everywhere."""
    change_document(manifest(out), change)
    change_document(head(out), lambda data: _agreed(data, json.loads(manifest(out).read_text())))


def _agreed(data, slice):
    data["identity"] = slice["identity"]
    [only] = data["slices"]
    only.update({key: slice[key] for key in ("windows", "dates", "digest")})
    only["rows"] = slice["tables"]["events" if "events" in slice["tables"] else "transactions"]["rows"]


def messages(out, **options):
    try:
        return [f"{p.table} {p.path} {p.message}" for p in verify(out, **options).problems]
    except (IntegrityError, UsageError) as error:
        return [str(error)]


def sign(data):
    identity = data["identity"]
    identity["fingerprint"] = fingerprint(identity["domain"], identity["data_version"], identity["spec"])


def file(data):
    return data["tables"]["events"]["files"][0]


EDITS = {
    "seed": (lambda data: data["identity"]["spec"].update(seed=2), "its spec was changed"),
    "rows of the spec": (lambda data: data["identity"]["spec"].update(rows=999), "its spec was changed"),
    "fingerprint": (lambda data: data["identity"].update(fingerprint="0" * 32), "its spec was changed"),
    "no spec": (lambda data: (data["identity"]["spec"].update(more=1), sign(data)), "its spec is none of toy"),
    "dates": (lambda data: data.update(dates=["2025-11-28", "2025-11-30"]), "but its windows are whole"),
    "label": (lambda data: data.update(label="2025-11-28"), "label: it is that of slice 2025-11-28"),
    "windows": (lambda data: data.update(windows=[0, 2]), "slice whole: says"),
    "windows beyond": (lambda data: data.update(windows=[0, 9999]), "windows beyond the period"),
    "windows of no calendar": (lambda data: data.update(windows=[0, 3_999_999]), "windows beyond the period"),
    "bytes": (lambda data: file(data).update(bytes=file(data)["bytes"] + 1), "bytes; the manifest says"),
    "tiles": (lambda data: file(data).update(tiles=[0, 1, 0, 99]), "tiles [0, 1, 0, 99]"),
    "tiles of many blocks": (lambda data: file(data).update(tiles=[0, 1 << 40, 0, 1]), "which its slice does not have"),
    "twice": (lambda data: data["tables"]["events"]["files"].append(file(data)), "are not those of the files together"),
    "rows of a file": (lambda data: file(data).update(rows=1), "are not those of the files together"),
    "digest": (lambda data: data.update(digest="0" * 32), "is not that of the columns"),
    "digest of a file": (lambda data: file(data).update(digest="0" * 32), "the manifest was changed, or"),
    "checksum": (lambda data: file(data).update(checksum="0" * 32), "its bytes were changed"),
    "another table's file": (lambda data: file(data).update(path="things/x.parquet"), "lie in the folder of its table"),
    "columns": (lambda data: data["identity"].update(columns=["no_such"]), "columns that the table has not"),
    "layout": (lambda data: data["layout"].update(format="csv"), "csv is not compressed with snappy"),
    "tables": (lambda data: data["identity"].update(tables=["events"], catalogs=[]), "those of the identity"),
    "catalogs": (lambda data: data["identity"].update(catalogs=[]), "not those of its spec"),
    "domain": (lambda data: (data["identity"].update(domain="vitals", data_version="1"), sign(data)), "of vitals"),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_manifest_is_found(out, name):
    change, told = EDITS[name]
    edit(out, change)

    assert any(told in message for message in messages(out)), messages(out)


def test_counts_are_compared_where_all_is_made_again(out):
    edit(out, lambda data: data["tables"]["events"].update(counts={"adjusted": 7}))

    assert any("the manifest counts {'adjusted': 7}" in message for message in messages(out, remake="all"))


@pytest.mark.parametrize("remake", ["sample", "all"])
def test_data_of_another_seed_cannot_pass(tmp_path, monkeypatch, remake):
    # Tables whose rows tell their tiles whatever the seed, so that every digest is met; footers are forged too.
    monkeypatch.setattr(ParquetFormat, "facts", lambda *_: {})
    for seed in (1, 2):
        write(seed, tmp_path / str(seed))
    mine = json.loads(manifest(tmp_path / "1").read_text())
    edit(tmp_path / "2", lambda data: data.update(identity=mine["identity"]))

    found = messages(tmp_path / "2", remake=remake)
    assert verify(tmp_path / "1", remake=remake).ok
    assert any("not those that the spec makes" in message for message in found)
    assert messages(tmp_path / "2", remake="none") == []


def write(seed, out):
    data = rowmill.dataset("payments", seed=seed, rows=60, sizes={"customers": 20})
    data.write(out, settings={"workers": 1})


def test_one_file_of_another_seed_is_found_by_its_footer(out, other):
    # As a run that took the receipts of another one would have committed it.
    theirs = json.loads(manifest(other).read_text())["tables"]["things"]
    edit(out, lambda data: data["tables"].update(things=theirs))
    edit(out, lambda data: data.update(digest=_digest(data)))
    shutil.rmtree(out / "things")
    shutil.copytree(other / "things", out / "things")

    assert any("things" in message and "another spec" in message for message in messages(out, remake="none"))


def _digest(data):
    from rowmill.model.digest import TableDigest, dataset_digest

    return dataset_digest({name: TableDigest.from_json(name, table) for name, table in data["tables"].items()})


def test_rows_that_the_spec_does_not_have_are_found_without_making_one(out, tmp_path):
    land(toy(rows=900), tmp_path / "fewer")
    mine = json.loads(manifest(out).read_text())
    edit(tmp_path / "fewer", lambda data: data.update(identity=mine["identity"]))

    found = messages(tmp_path / "fewer", remake="none")
    assert "events  slice whole: 900 rows are recorded; the spec says 1,000" in found


def test_it_says_what_was_made_again(out):
    sample, whole, none = (verify(out, remake=remake) for remake in ("sample", "all", "none"))

    assert (sample.remade, whole.remade, none.remade) == (len(sample.tables), whole.tiles, 0)
    assert sample.digest == read(out).digest
    assert all(report.ok for report in (sample, whole, none))


def test_the_digest_is_that_of_what_was_read(out):
    next((out / "things").iterdir()).unlink()
    report = verify(out, tables=["events"])

    assert report.ok
    assert report.digest != read(out).digest
    assert (report.tables, set(report.unread)) == (("events",), {"remarks", "things"})


def test_swapped_files_of_two_tables_are_two_problems(out):
    one, two = (out / next(p for p in shown(out) if p.startswith(table)) for table in ("events", "things"))
    one.rename(out / "x")
    two.rename(one)
    (out / "x").rename(two)

    assert sum("cannot be read: columns are" in message for message in messages(out)) == 2


def test_a_link_or_a_device_in_the_place_of_a_file_is_not_read(out):
    first, second = shown(out)[:2]
    shutil.move(out / first, out / "moved")
    (out / first).symlink_to(out / "moved")
    (out / second).unlink()
    (out / second).symlink_to("/dev/zero")

    assert sum("is a link or no file, and was not read" in message for message in messages(out)) == 2


def test_a_slice_in_the_place_of_another_is_found(tmp_path):
    for window in (0, 1):
        land(toy(), tmp_path, Slice(windows=range(window, window + 1)))
    first, second = "2025-11-27", "2025-11-28"
    shutil.copy(manifest(tmp_path, first), manifest(tmp_path, second))

    assert f"label: it is that of slice {first}" in messages(tmp_path)[0]


def test_what_a_later_version_wrote_is_named_as_such_and_more_keys_are_no_damage(out):
    edit(out, lambda data: data.update(more={"of": ["another", "version"]}))
    assert verify(out).ok
    edit(out, lambda data: data.update(form=2))
    [message] = messages(out)

    assert "is of form 2, written by a later rowmill" in message
    assert "remove" not in message


@pytest.mark.parametrize("damage", [b"", b"[" * 100_000, "{}".encode("utf-16"), b'{"form": 1}'])
def test_a_damaged_manifest_gives_way_to_overwriting_and_to_nothing_else(out, damage):
    digest = read(out).digest
    manifest(out).write_bytes(damage)
    for mode in ("new", "resume"):
        with pytest.raises(IntegrityError, match=r"manifest-[0-9a-f]+.json: is damaged"):
            land(toy(), out, mode=mode)
    land(toy(), out, mode="overwrite", name="again-{part}")

    assert verify(out).ok
    assert read(out).digest == digest
    assert all("again-" in path for path in shown(out))


def test_overwriting_a_damaged_slice_leaves_the_others(tmp_path):
    for window in (0, 1):
        land(toy(), tmp_path, Slice(windows=range(window, window + 1)))
    digest = read(tmp_path).digest
    manifest(tmp_path, "2025-11-27").write_bytes(b"no more")

    with pytest.raises(IntegrityError, match="is damaged"):
        land(toy(), tmp_path, Slice(windows=range(1)))
    land(toy(), tmp_path, Slice(windows=range(1)), mode="overwrite")

    assert verify(tmp_path).ok
    assert read(tmp_path).digest == digest
