"""What may not be read, entered or written, and names that no file can have: exit code 2, the fix, nothing changed."""

from __future__ import annotations

import shutil

import pytest

from rowmill.cli import main
from rowmill.core.errors import DestinationError, UsageError
from rowmill.run.checks.verify import verify
from support.runs import land
from support.switches import switch
from support.toy import toy
from support.unprivileged import unprivileged

EVERY = bool(switch("ROWMILL_FAULTS"))
MAKE = "generate payments --rows 200 --seed 1 --workers 1 --quiet"
COMMANDS = ["info", "verify", "finalize", "diff --rows {whole}", f"{MAKE} --out", f"{MAKE} --resume --out"]
REPLACE = "generate payments --rows 200 --seed 2 --workers 1 --quiet --overwrite --out"
WALLS = {
    "a folder above it": ("..", 0o000, [*COMMANDS, REPLACE]),
    "the destination": (".", 0o000, [*COMMANDS, REPLACE]),
    "its books": ("_rowmill", 0o000, [*COMMANDS, REPLACE]),
    "its manifest": ("_rowmill/head.json", 0o000, [*COMMANDS, REPLACE]),
    "a manifest": ("_rowmill/whole/manifest-*.json", 0o000, COMMANDS),
    "a table": ("transactions", 0o000, [c for c in COMMANDS if c not in ("info", "diff --rows {whole}")]),
    "the names in a table alone": ("transactions", 0o600, ["verify", "finalize"]),
    "a closed destination": ("_rowmill", 0o500, [REPLACE]),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "out"
    assert main([*MAKE.split(), "--out", str(out)]) == 0
    return out


@pytest.mark.parametrize("wall", WALLS)
def test_what_may_not_be_entered_read_or_written_is_exit_code_2(wall, whole, tmp_path, capsys):
    place, mode, commands = WALLS[wall]
    out = tmp_path / "home" / "out"
    shutil.copytree(whole, out)
    closed = next(out.glob(place)) if "*" in place else out / place
    before = closed.stat().st_mode
    said = []
    for command in commands if EVERY else commands[::2]:
        capsys.readouterr()
        closed.resolve().chmod(mode)
        try:
            with unprivileged():
                code = main([*command.format(whole=whole).split(), str(out)])
        finally:
            (tmp_path / "home" if place == ".." else closed).chmod(before)
        stderr = capsys.readouterr().err
        good = code == 2 and any(reason in stderr for reason in ("Permission denied; ", "not writable; "))
        said += [] if good and len(stderr.splitlines()) == 1 else [(command, code, stderr)]

    assert said == []
    assert verify(out).ok


def test_a_folder_that_may_not_be_written_is_refused(tmp_path):
    tmp_path.chmod(0o500)

    with unprivileged(), pytest.raises(DestinationError, match="Permission denied; choose a folder that you may write"):
        land(toy(), tmp_path / "out")


@pytest.mark.parametrize(
    "deep",
    [
        lambda folder: folder / ("n" * 256),
        lambda folder: folder.joinpath(*["n" * 200] * 25),
        lambda folder: folder.joinpath(*["n" * 200] * 18),
    ],
    ids=["name", "path", "path of what lies below"],
)
def test_a_place_whose_path_is_too_long_is_refused_before_anything_is_made(deep, tmp_path, capsys):
    for command in [MAKE, "info"] if EVERY else [MAKE]:
        assert main([*command.split(), *(["--out"] if command == MAKE else []), str(deep(tmp_path))]) == 2

        stderr = capsys.readouterr().err
        assert len(stderr.splitlines()) == 1
        assert "too long" in stderr or "a path of" in stderr or command == "info"
    assert list(tmp_path.iterdir()) == []


def test_names_of_files_may_be_as_long_as_files_have_them_and_no_longer(tmp_path):
    room = 255 - len("_00000.parquet")

    assert verify(land(toy(), tmp_path / "out", name="n" * room + "_{part}").destination).ok
    with pytest.raises(UsageError, match="makes file names of 256 bytes; 255 is the most"):
        land(toy(), tmp_path / "more", name="n" * (room + 1) + "_{part}")

    assert not (tmp_path / "more").exists()
