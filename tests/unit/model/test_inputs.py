"""A user's files: refused names, missing ones, other contents, and contents that travel without their paths."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from rowmill.core.errors import SpecError, UsageError
from rowmill.core.scratch import scratch_place
from rowmill.model.inputs import Input, InputContent, Reader, Reading, at_hand, inputs_of, read_inputs, with_contents
from rowmill.model.spec import Spec


class Trips(Spec):
    """Something that is made from a map, and from stops with their names."""

    told: bool = False


def text(reading: Reading[Trips]) -> InputContent:
    words = Path(reading.path).read_text("utf-8")
    words += "".join(Path(reading.paths[name]).read_text("utf-8") for name in ("names",) if name in reading.paths)
    value = (words, *reading.before)
    return InputContent(value, hashlib.sha256(words.encode()).hexdigest()[:32], (f"{reading.name}: read",))


READERS = {"map": Reader(text), "stops": Reader(text, beside=("names",), needed=lambda spec: not spec.told)}


@pytest.fixture
def files(tmp_path):
    for name in ("map", "stops", "names"):
        (tmp_path / f"{name}.txt").write_text(name)
    return inputs_of({name: tmp_path / f"{name}.txt" for name in ("stops", "map", "names")})


def test_files_are_read_in_the_order_of_the_readers_and_the_spec_keeps_their_digests(files):
    read = read_inputs(Trips(seed=1), files, READERS)

    assert read.values == {"map": ("map",), "stops": ("stopsnames", "map")}
    assert read.notes == ("map: read", "stops: read")
    assert list(read.spec.inputs) == ["map", "stops"]
    assert read_inputs(read.spec, files, READERS).spec == read.spec
    assert read_inputs(Trips(seed=1), {}, READERS).spec == Trips(seed=1)


def test_a_content_is_another_where_its_digest_is_whatever_the_path(files, tmp_path):
    spec = read_inputs(Trips(seed=1), files, READERS).spec
    (tmp_path / "moved").write_text("map")
    (tmp_path / "other").write_text("mop")

    assert read_inputs(spec, files | inputs_of({"map": tmp_path / "moved"}), READERS).spec == spec
    with pytest.raises(UsageError, match=r"other: another map file than the data was made with \(digest \w+, not \w+"):
        read_inputs(spec, files | inputs_of({"map": tmp_path / "other"}), READERS)
    with pytest.raises(UsageError, match="another stops file"):
        read_inputs(spec, files | inputs_of({"names": tmp_path / "other"}), READERS)


@pytest.mark.parametrize(
    ("left", "message"),
    [
        (("map",), "stops: this data stands on a file of your own; give it with --catalog stops=FILE "),
        (("map", "names"), "names: belongs to a stops; give it too, with --catalog stops=FILE"),
        (("stops", "names"), "map: this data stands on a file of your own; give it with --catalog map=FILE$"),
    ],
)
def test_a_missing_file_is_named_with_its_flag(files, left, message):
    spec = read_inputs(Trips(seed=1), files, READERS).spec

    with pytest.raises(UsageError, match=message):
        read_inputs(spec, {name: files[name] for name in left}, READERS)


def test_unknown_names_are_refused_with_the_nearest(files):
    with pytest.raises(UsageError, match=r"input 'mop': unknown; did you mean 'map'\?"):
        read_inputs(Trips(seed=1), {**files, "mop": files["map"]}, READERS)
    with pytest.raises(SpecError, match=r"data.inputs: got 'names', of which no file is read; known: map, stops"):
        read_inputs(Trips(seed=1, inputs={"names": "0" * 32}), {}, READERS)


def test_a_file_whose_content_the_spec_tells_is_neither_needed_nor_read(files):
    told = read_inputs(Trips(seed=1), files, READERS).spec.model_copy(update={"told": True})

    assert list(read_inputs(told, {"map": files["map"]}, READERS).values) == ["map"]
    assert list(read_inputs(told, {**files, "stops": Input("/nowhere")}, READERS).values) == ["map"]
    assert list(read_inputs(Trips(seed=1, told=True), files, READERS).values) == ["map", "stops"]


def test_contents_are_read_where_their_paths_lead_nowhere_and_leave_nothing_behind(files, tmp_path):
    spec = read_inputs(Trips(seed=1), files, READERS).spec
    carried = with_contents(files)
    for path in tmp_path.iterdir():
        path.unlink()
    before = set(scratch_place().iterdir())

    assert read_inputs(spec, carried, READERS).spec == spec
    with at_hand(carried) as paths:
        assert {name: Path(path).name for name, path in paths.items()} == {name: f"{name}.txt" for name in files}
        assert {name: file.path for name, file in carried.items()} == {name: file.path for name, file in files.items()}
    assert set(scratch_place().iterdir()) <= before
    with pytest.raises(UsageError, match=r"map.txt: cannot be read as map: No such file or directory; give a file"):
        with_contents({"map": files["map"]})


def test_a_path_is_absolute_and_no_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert inputs_of({"map": "m.txt"}) == {"map": Input(str(tmp_path / "m.txt"))}
    with pytest.raises(UsageError, match=r"inputs.map: got 's3://bucket/m.txt'"):
        inputs_of({"map": "s3://bucket/m.txt"})
    with pytest.raises(UsageError, match=r"inputs.map: got 5; give a path"):
        inputs_of({"map": 5})
    with pytest.raises(UsageError, match=r"inputs: got 'm.txt'; give paths by name"):
        inputs_of("m.txt")
