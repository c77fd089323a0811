"""Publication of one table: its folder is exchanged for one that holds what shall stand there, in one step.

The new folder is made ready where nobody looks: files of the run, and second names of those that stay. Then both
folders change places, so whoever lists the table's folder finds the old files or the new ones. Where that cannot be
done, files are moved one after the other, or one folder goes before the other comes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rowmill.core.errors import IntegrityError
from rowmill.sinks.folders import exchange, files
from rowmill.sinks.folders.books import is_folder

MARK = ".rowmill-replaced"
"""A file of this name is put into the folder that is exchanged: where it is found later tells what was done."""


@dataclass(frozen=True, slots=True)
class TableMove:
    """What shall happen to the folder of one table."""

    source: Path
    """Folder of the stage; need not exist."""
    target: Path
    """Folder where everybody looks; need not exist."""
    replaced: Path
    """Free name of the stage, for what stood there."""
    files: Collection[str]
    """Files that shall stand there, relative to the folder: from the stage, or there already."""
    obsolete: Collection[str]
    """Files that shall not stand there any more; others stay."""

    def carry_out(self) -> None:
        """Publish the files. Safe to repeat after a crash at any point.

        Raises:
            IntegrityError: if a file is neither staged nor in place; nothing changes then.
        """
        if (self.source / MARK).exists():
            self._set_aside()
        staged = files_below(self.source)
        waiting = set(self.files) & staged
        missing = sorted(name for name in set(self.files) - staged if not _is_there(self.target / name))
        if missing:
            raise IntegrityError(
                f"{self.target}/{missing[0]} is gone, unpublished; write it again with --resume or --overwrite"
            )
        old = {name for name in set(self.obsolete) - set(self.files) if _is_there(self.target / name)}
        if waiting or old:
            _remove_strays(self.source, waiting)
            self._put(waiting, old)

    def _put(self, waiting: set[str], old: set[str]) -> None:
        if not self.target.exists():
            files.move_folder(self.source, self.target)
            return
        if len(waiting) + len(old) == 1:
            # One file comes or goes in one step anyway: nothing needs to be known of the others.
            self._one_by_one(waiting, old)
            return
        kept = files_below(self.target) - {MARK} - old - waiting
        if not waiting and not kept:
            self._put_away(self.target)
        elif self._exchanged(kept):
            self._set_aside()
        elif waiting and not kept:
            self._put_away(self.target)
            files.move_folder(self.source, self.target)
        else:
            self._one_by_one(waiting, old)

    def _exchanged(self, kept: set[str]) -> bool:
        """Make the new folder whole and let both change places; return False where that cannot be done."""
        files.make_folder(self.source)
        if not all(exchange.link(self.target / name, self.source / name) for name in kept):
            _remove_strays(self.source, set(self.files))
            return False
        with suppress(OSError):
            shutil.copystat(self.target, self.source)
        if not (self.target / MARK).exists():
            files.close_durably(files.open_new(self.target / MARK))
            files.sync_folder(self.target)
        if exchange.exchange(self.source, self.target):
            return True
        files.remove(self.target / MARK)
        _remove_strays(self.source, files_below(self.source) - kept)
        return False

    def _set_aside(self) -> None:
        """Put away the folder that stood there; a file that came into it at the last moment stays."""
        for name in sorted(files_below(self.source) - set(self.files) - set(self.obsolete) - {MARK}):
            exchange.link(self.source / name, self.target / name)
        self._put_away(self.source)

    def _put_away(self, folder: Path) -> None:
        files.make_folder(self.replaced.parent)
        files.remove_tree(self.replaced)
        files.move_folder(folder, self.replaced)

    def _one_by_one(self, waiting: set[str], old: set[str]) -> None:
        for name in sorted(waiting):
            files.make_folder((self.target / name).parent)
            files.move(self.source / name, self.target / name)
        for name in sorted(old):
            files.remove(self.target / name)
            for folder in (self.target / name).relative_to(self.target).parents:
                files.remove_empty_folder(self.target / folder)


def _is_there(path: Path) -> bool:
    """Return whether something stands at a path that is no folder."""
    return os.path.lexists(path) and not is_folder(path)


def files_below(folder: Path) -> set[str]:
    """Return what lies below a folder and is no folder, relative to it; links are not followed."""
    found = folder.rglob("*") if is_folder(folder) else ()
    return {path.relative_to(folder).as_posix() for path in found if not is_folder(path)}


def _remove_strays(folder: Path, wanted: Collection[str]) -> None:
    """Remove what a killed worker left behind, so that a folder can be shown as it is."""
    for path in sorted(folder.rglob("*"), reverse=True) if is_folder(folder) else ():
        if is_folder(path):
            files.remove_empty_folder(path)
        elif path.relative_to(folder).as_posix() not in wanted:
            files.remove(path)
