"""Strangers: files in a table's folder that no run wrote. Whoever reads the folder takes them for data.

The head knows how many files each table has, and the sum of the hashes of their names. So one listing of the folders
tells whether there are others; the manifests of all slices are read only where there may be.
"""

from __future__ import annotations

from collections.abc import Iterable

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.core.logs import log
from rowmill.run.books.forms import is_data_file
from rowmill.run.books.head import NO_FILES, Head, sum_of
from rowmill.run.books.manifests import ReplacedMeanwhileError, entry_of, read_all
from rowmill.run.books.run import Run
from rowmill.run.books.survey import Found, survey
from rowmill.sinks.base import Destination

_log = log(__name__)


def is_shown(path: str) -> bool:
    """Return whether readers of a folder look at a file: not at names that begin with a dot or an underscore."""
    return not path.rpartition("/")[2].startswith((".", "_"))


def strangers(target: Destination, tables: Iterable[str], found: Found | None = None) -> list[str]:
    """Return the files in tables' folders that no manifest knows, sorted.

    Where a manifest is damaged, files that look like those of runs may be its own.

    Args:
        target: the destination.
        tables: whose folders to look into.
        found: what stood there a moment ago; None to look.
    """
    names = tuple(tables)
    # Seen first and known afterwards: a manifest comes before its files.
    seen = _visible(target, names)
    found = survey(target) if found is None else found
    return [] if _is_known(seen, found.head) else _unknown(target, names, seen)[0]


def refuse_strangers(target: Destination, run: Run, found: Found, *, begins: bool = False) -> None:
    """Refuse to write beside files that no run wrote, and over files of another slice.

    Args:
        target: the destination.
        run: that would write.
        found: what stood there a moment ago.
        begins: whether it begins beside all that stands there, and may give no file the name of one of that.

    Raises:
        DestinationError: naming one.
    """
    names = run.identity.tables
    seen = _visible(target, names)
    strange, taken = ([], _flat(seen)) if _is_known(seen, found.head) else _unknown(target, names, seen)
    if strange:
        raise DestinationError(f"{target.shown}: {_said(strange)}; remove it or choose another folder")
    if begins:
        _refuse_shared_names(target.shown, run, taken)


def name_strangers(target: Destination, tables: Iterable[str]) -> None:
    """Say on standard error which files no run wrote."""
    found = strangers(target, tables)
    if found:
        _log.warning(
            "strangers",
            f"{target.shown}: {_said(found)}; readers of the folder take it for data: remove it",
            files=len(found),
            first=found[0],
        )


def _refuse_shared_names(where: str, run: Run, taken: set[str]) -> None:
    """Refuse a template that gives the files of two slices one name."""
    names = {path.rpartition("/")[2] for path in taken}
    for part in run.plan.parts:
        if part.table in run.identity.catalogs:
            continue
        for name in sorted({run.job.names.file(part, window) for window in part.windows} & names):
            raise DestinationError(f"{where}: another slice has a file {name} already; put {{date}} into --name")


def _is_known(seen: dict[str, list[str]], head: Head) -> bool:
    return all(sum_of(paths) == head.names.get(table, NO_FILES) for table, paths in seen.items())


def _unknown(target: Destination, tables: tuple[str, ...], seen: dict[str, list[str]]) -> tuple[list[str], set[str]]:
    """Return the files that no manifest knows and that are still there, and all files that some manifest knows."""
    found = survey(target)
    known, damaged = set[str](), bool(found.damaged)
    for each in found.slices:
        try:
            known.update(entry_of(target, each).files)
        except ReplacedMeanwhileError:
            return _unknown(target, tables, seen)
        except IntegrityError:
            damaged = True
    for each in found.slices:
        replaced, lost = read_all(target, each.pending.replaces if each.pending else ())
        known.update(path for _, entry in replaced for path in entry.files)
        damaged = damaged or bool(lost)
    unknown = {path for path in _flat(seen) - known if not (damaged and is_data_file(path))}
    return sorted(unknown & _flat(_visible(target, tables))) if unknown else [], known


def _said(found: list[str]) -> str:
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{found[0]} was written by no run{more}"


def _visible(target: Destination, tables: Iterable[str]) -> dict[str, list[str]]:
    """Return the files that readers look at, by table."""
    return {table: [path for path in target.visible(table) if is_shown(path)] for table in tables}


def _flat(seen: dict[str, list[str]]) -> set[str]:
    return {path for paths in seen.values() for path in paths}
