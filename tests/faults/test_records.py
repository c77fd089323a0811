"""Records from anywhere: whatever they say, no command leaves the destination, runs what they name, or falls over."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import random
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from rowmill.cli import main
from support import books
from support.mutations import broken, linked, mutated, replacing, signed_plugin
from support.switches import switch

CASES = int(switch("ROWMILL_FAULTS", "4"))
BASE = "--rows 120 --seed 5 --set data.sizes.customers=20 --start 2025-11-01 --end 2025-11-03 --workers 1 --quiet"
DAYS = "--rows-per-day 60 --seed 5 --set data.sizes.customers=20 --start 2025-11-01 --workers 1 --quiet"
STATES = {
    "whole": (BASE, [f"{BASE}"]),
    "share": (f"{BASE} --part 1/2", [f"{BASE} --part 1/2 --set run.part_rows=50"]),
    "days": (f"{DAYS} --date 2025-11-02", [f"{DAYS} --date 2025-11-0{n}" for n in (1, 2)]),
}
"""What is asked for again, and what was written."""
COMMANDS = (
    "info {out}",
    "verify {out} --quiet",
    "verify {out} --quiet --remake all",
    "finalize {out} --quiet",
    "diff {out} {sound}",
    "diff {sound} {out} --rows",
    "generate payments {asked} --out {out}",
    "generate payments {asked} --out {out} --resume",
    "generate payments {asked} --out {out} --overwrite",
    "dbt build {out}",
)


class Watch:
    """Notes what anybody opens, reads or changes in a folder, whatever leads there: inotify."""

    ANY = 0x00000FFF

    def __init__(self, folder: Path) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._handle = self._libc.inotify_init1(os.O_NONBLOCK)
        places = (folder, *(path for path in folder.rglob("*") if path.is_dir()))
        watched = [self._libc.inotify_add_watch(self._handle, os.fsencode(place), self.ANY) for place in places]
        assert self._handle >= 0
        assert min(watched) >= 0

    def events(self) -> int:
        """Return the bytes of the events since the last call."""
        with suppress(BlockingIOError):
            return len(os.read(self._handle, 1 << 16))
        return 0

    def close(self) -> None:
        os.close(self._handle)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with sound destinations, and beside them a folder that nobody may touch."""
    root = tmp_path_factory.mktemp("records")
    for name, (_, lines) in STATES.items():
        for line in lines:
            assert main(["generate", "payments", *line.split(), "--out", str(root / name)]) == 0
    abroad = root / "abroad"
    (abroad / "staging" / "transactions").mkdir(parents=True)
    for name in ("thesis.tex", "plan.json", "manifest.json", "receipt.json", "staging/x.parquet"):
        (abroad / name).write_text("precious")
    canary = "from pathlib import Path\nPath(__file__).with_name('ran').touch()\nX = 1\n"
    (root / "code").mkdir()
    (root / "code" / "canary_plugin.py").write_text(canary)
    return root


@pytest.fixture(scope="module")
def watch(place: Path) -> Iterator[Watch]:
    found = Watch(place / "abroad")
    yield found
    found.close()


def state(folder: Path) -> list[tuple[str, int, str]]:
    found = sorted(folder.rglob("*"))
    return [
        (str(p), p.lstat().st_mtime_ns, hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else "")
        for p in found
    ]


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Stop what takes too long."""

    def stop(*_: object) -> None:
        raise AssertionError(f"longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


Damage = Callable[[Path], None]
TryAll = Callable[[str, Damage], dict[str, int]]


@pytest.fixture
def try_all(place: Path, watch: Watch, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> TryAll:
    """Return a function that runs every command on a damaged copy of a destination, and returns the exit codes."""
    monkeypatch.syspath_prepend(place / "code")
    before, out = state(place / "abroad"), place / "out"

    def run(name: str, damage: Damage, command: str) -> int:
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(place / name, out)
        damage(out)
        line = command.format(out=out, sound=place / "whole", asked=STATES[name][0])
        capsys.readouterr()
        watch.events()
        with limited(60):
            code = main(line.split())
        touched = watch.events()
        said = capsys.readouterr().err
        told = [text for text in said.splitlines() if text.startswith("rowmill: ")]
        assert code in (0, 2, 3), (line, said)
        assert len(told) == (code != 0), (line, said)
        assert not any(word in said for word in ("unexpected", "Traceback")), (line, said)
        assert len(said) < 4_000, (line, said)
        assert touched == 0, line
        assert state(place / "abroad") == before, line
        assert not (place / "code" / "ran").exists(), line
        assert "canary_plugin" not in sys.modules, line
        return code

    return lambda name, damage: {command.split()[0]: run(name, damage, command) for command in COMMANDS}


def test_the_watch_sees_who_reads_over_a_link(place, watch, tmp_path):
    (tmp_path / "link").symlink_to(place / "abroad" / "thesis.tex")
    watch.events()
    (tmp_path / "link").lstat()
    before = watch.events()
    (tmp_path / "link").read_text()

    assert before == 0 < watch.events()


def documents(out: Path) -> list[Path]:
    return sorted(p for p in (out / "_rowmill").rglob("*.json*") if p.is_file())


@pytest.mark.parametrize("seed", range(CASES))
def test_a_mutated_record_harms_nobody(place, try_all, seed):
    luck = random.Random(seed)
    name = luck.choice(list(STATES))
    document = luck.choice(documents(place / name)).relative_to(place / name)
    text = (place / name / document).read_bytes()
    new = mutated(luck, text) if luck.random() < 0.8 else broken(luck, text)

    try_all(name, lambda out: (out / document).write_bytes(new))


def manifest(change: Callable[[bytes], bytes]) -> Damage:
    def damage(out: Path) -> None:
        path = books.manifest(out)
        path.write_bytes(change(path.read_bytes()))

    return damage


def head(change: Callable[[bytes], bytes]) -> Damage:
    def damage(out: Path) -> None:
        path = books.head(out)
        path.write_bytes(change(path.read_bytes()))

    return damage


def plan(**changes: object) -> Damage:
    def damage(out: Path) -> None:
        path = books.plan(out)
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return damage


def link(name: str, target: str) -> Damage:
    return lambda out: linked(out, name, target if target.startswith("/") else out / target)


def document_link(document: Callable[[Path], Path], target: str) -> Damage:
    return lambda out: linked(out, document(out).relative_to(out).as_posix(), target)


def pipe(out: Path) -> None:
    file = next((out / "transactions").rglob("*.parquet"))
    file.unlink()
    os.mkfifo(file)


def data_link(target: str) -> Damage:
    def damage(out: Path) -> None:
        linked(out, str(next((out / "transactions").rglob("*.parquet")).relative_to(out)), target)

    return damage


def first_form(change: Callable[[bytes], bytes]) -> Damage:
    def damage(out: Path) -> None:
        books.as_first_form(out)
        path = out / "_rowmill" / "manifest.json"
        path.write_bytes(change(path.read_bytes()))

    return damage


def pending(*manifests: str) -> Damage:
    def change(data: dict[str, Any]) -> None:
        data["slices"][0]["pending"] = {"run": "x", "replaces": manifests, "sweeps": True}

    return lambda out: books.edit(books.head(out), change)


def plugin(out: Path) -> None:
    manifest(signed_plugin)(out)
    identity = json.loads(books.manifest(out).read_text())["identity"]
    books.edit(books.head(out), lambda data: data.update(identity=identity))


OUTSIDE = b'"label": "../../abroad"'
WICKED: dict[str, tuple[str, Damage]] = {
    "replaced file outside": ("whole", first_form(replacing(["../abroad/thesis.tex"], []))),
    "replaced absolute file": ("whole", first_form(replacing(["/thesis.tex"], []))),
    "replaced label outside": ("whole", first_form(replacing([], ["../../abroad"]))),
    "replaced manifest outside": ("whole", pending("../abroad/manifest.json")),
    "label outside": ("whole", manifest(lambda text: text.replace(b'"label": "whole"', OUTSIDE))),
    "listed label outside": ("whole", head(lambda text: text.replace(b'"label": "whole"', OUTSIDE))),
    "listed manifest outside": ("whole", head(lambda text: text.replace(b'"whole/manifest-', b'"../abroad/manifest-'))),
    "begun label outside": ("share", head(lambda text: text.replace(b'{"whole": "', b'{"../../abroad": "'))),
    "begun run outside": ("share", head(lambda text: re.sub(rb'("whole": ")\w+', rb"\1../../../abroad/plan", text))),
    "plug-in": ("whole", plugin),
    "plan of a slice outside": ("share", plan(label="../../abroad")),
    "plan with a wicked template": ("share", plan(names={"template": "../../abroad/{part}"})),
    "lock a link": ("whole", link("_rowmill/whole.run.lock", "../abroad/thesis.tex")),
    "commit lock a link": ("share", link("_rowmill/commit.lock", "../abroad/thesis.tex")),
    "head a link": ("whole", link("_rowmill/head.json", "../abroad/manifest.json")),
    "books a link": ("whole", link("_rowmill", "../abroad")),
    "slice a link": ("whole", link("_rowmill/whole", "../abroad")),
    "stage a link": ("whole", link("_rowmill/2025-11-02", "../abroad")),
    "staging a link": ("share", link("_rowmill/whole/staging", "../../abroad/staging")),
    "staged table a link": ("share", link("_rowmill/whole/staging/transactions", "../../abroad/staging/transactions")),
    "manifest a link": ("whole", document_link(books.manifest, "../../abroad/manifest.json")),
    "plan a link": ("share", document_link(books.plan, "../../abroad/plan.json")),
    "receipts a link": ("share", link("_rowmill/whole/parts", "../../abroad")),
    "receipt a link": ("share", link("_rowmill/whole/parts/x/y.json", "../../../../abroad/receipt.json")),
    "table a link": ("whole", link("transactions", "../abroad/staging")),
    "data file a link": ("whole", data_link("../../abroad/thesis.tex")),
    "data file a device": ("whole", data_link("/dev/zero")),
    "data file a pipe": ("whole", pipe),
}


UNCONCERNED = frozenset({"lock a link", "stage a link"})
"""What no data stands on."""


@pytest.mark.parametrize("name", WICKED)
def test_no_wicked_record_or_link_leads_out(try_all, name):
    kind, damage = WICKED[name]

    codes = try_all(kind, damage)

    assert (codes["verify"] == 0) == (name in UNCONCERNED)
