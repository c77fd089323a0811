"""Places on a disk: local folders, and files of DuckDB."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from support.matrix.apart import Apart, begun
from support.matrix.harm import harm_files, harm_rows
from support.matrix.steps import Step, arm, arm_duckdb, die, steps_to, tear
from support.places import duckdb as duck
from support.runs import shown

_MOVES = "claim create move move_folder remove remove_tree write_whole"
_OPERATIONS = f"{_MOVES} close_durably make_folder open_new sync_folder".split()
_STEPS = (
    *(f"rowmill.sinks.folders.files:{name}" for name in _OPERATIONS),
    *(f"rowmill.sinks.folders.exchange:{name}" for name in ("exchange", "link")),
)


@dataclass
class Folder:
    """A local folder; where things stand at the beginning is made once, and copied."""

    root: Path
    whole: str = "table"
    apart: bool = True
    names: tuple[str, ...] = ("{}",)
    """Of what belongs to a place."""
    more: tuple[Callable[[Step], None], ...] = ()
    """What else takes steps."""

    def prepare(self, begin: Callable[[str], object]) -> None:
        """Say how every place begins."""
        made = self.do(lambda: begin(self._location("begin"))).outcome()
        assert made.how == "ended", made

    def place(self) -> str:
        """Return the location of one that is as at the beginning; others are forgotten."""
        for name in self.names:
            old, new = self.root / name.format("begin"), self.root / name.format("out")
            if new.is_dir():
                shutil.rmtree(new)
            new.unlink(missing_ok=True)
            if old.is_dir():
                shutil.copytree(old, new)
            elif old.exists():
                shutil.copy(old, new)
        return self._location("out")

    def do(self, work: Callable[[], Any], at: int = 0, happens: Callable[[], None] = die) -> Apart:
        """Begin work, at one of whose steps something happens."""
        return begun(partial(_armed, steps_to(at, happens), self.more, work) if at else work)

    def sight(self, out: str) -> tuple[dict[str, str], set[str]]:
        """Return what a glob finds, and the names of all that is there."""
        every = {path.relative_to(out).as_posix() for path in Path(out).rglob("*")}
        return {path: hashlib.md5(Path(out, path).read_bytes()).hexdigest() for path in shown(out)}, every

    def harm(self, out: str, path: str, how: str) -> set[str]:
        """Do harm to a file; return the paths of what was harmed."""
        return harm_files(_Files(Path(out)), out, path, how)

    def _location(self, name: str) -> str:
        return str(self.root / self.names[0].format(name))


def _armed(step: Step, more: tuple[Callable[[Step], None], ...], work: Callable[[], Any]) -> Any:
    arm(step, *_STEPS)
    for each in (tear, *more):
        each(step)
    return work()


@dataclass(frozen=True)
class _Files:
    root: Path

    def get(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def put(self, path: str, data: bytes) -> None:
        # Another file than the one of that name: what has a second name elsewhere stays as it is.
        (self.root / path).unlink()
        (self.root / path).write_bytes(data)

    def drop(self, path: str) -> None:
        (self.root / path).unlink()


class DuckFile(Folder):
    """A file of DuckDB, and the folder beside it."""

    def __init__(self, root: Path) -> None:
        names = ("{}.duckdb", "{}.duckdb.wal", "{}.duckdb.rowmill")
        super().__init__(root, "all", names=names, more=(arm_duckdb,))

    def sight(self, out: str) -> tuple[dict[str, str], set[str]]:
        """Return what somebody finds in the tables, and the names of all that is there."""
        beside = {path.name.replace("out.", "", 1) for path in self.root.glob("out.*")}
        if not Path(out).exists():
            return {}, beside
        with duckdb.connect(out, read_only=True) as connection:
            every = [name for (name,) in connection.execute("SHOW TABLES").fetchall()]
            seen = {}
            for name in every:
                if not name.startswith("_rowmill"):
                    rows = f"SELECT COLUMNS(* EXCLUDE (_part, _row))::VARCHAR FROM {name}"
                    found = sorted(connection.execute(rows).fetchall(), key=repr)
                    seen[name] = hashlib.md5(repr(found).encode()).hexdigest()
            told = connection.execute("SELECT name FROM _rowmill_documents").fetchall()
        return seen, beside | {*every, *(name for (name,) in told)}

    def harm(self, out: str, path: str, how: str) -> set[str]:
        """Do harm to the rows of a file; return the paths of what was harmed."""

        def sql(statement: str) -> list[tuple[Any, ...]]:
            with duckdb.connect(out) as connection:
                return connection.execute(statement).fetchall()

        return harm_rows(sql, out, path, how, lambda where, file: duck.damage(f"duckdb://{where}", file))
