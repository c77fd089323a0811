"""Strangers: files in a table's folder that no run wrote. Whoever reads the folder takes them for data.

The head knows how many files each table has, and the sum of the hashes of their names. So one listing of the folders
tells whether there are others; the manifests of all slices are read only where there may be.
"""

from __future__ import annotations

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.core.logs import log
from rowmill.model.calendar import Calendar
from rowmill.run.books.forms import is_data_file
from rowmill.run.books.head import NO_FILES, Head, sum_of
from rowmill.run.books.manifests import ReplacedMeanwhileError, entry_of, read_all
from rowmill.run.books.records import Identity
from rowmill.run.books.run import Run
from rowmill.run.books.survey import Found, survey
from rowmill.sinks.base import Destination

_log = log(__name__)


def is_shown(path: str) -> bool:
    """Return whether readers of a folder look at a file: not at names that begin with a dot or an underscore."""
    return not path.rpartition("/")[2].startswith((".", "_"))


def strangers(target: Destination, identity: Identity) -> list[str]:
    """Return the files in tables' folders that no manifest knows, sorted.

    Where a manifest is damaged, files that look like those of runs may be its own.

    Args:
        target: the destination.
        identity: of what stands there, which tells the folders.
    """
    # Seen first and known afterwards: a manifest comes before its files.
    seen = _visible(target, identity)
    return [] if _is_known(seen, survey(target).head) else _unknown(target, identity, seen)[0]


def refuse_strangers(target: Destination, run: Run, found: Found, begins: Calendar | None = None) -> None:
    """Refuse to write beside files that no run wrote, and over files of another slice.

    Args:
        target: the destination.
        run: that would write.
        found: what stood there a moment ago.
        begins: the calendar of a run that begins beside all that stands there, and may give no file the name of one
            of that; None for others.

    Raises:
        DestinationError: naming one.
    """
    seen = _visible(target, run.identity)
    strange, taken = ([], _flat(seen)) if _is_known(seen, found.head) else _unknown(target, run.identity, seen)
    if strange:
        raise DestinationError(f"{target.shown}: {_said(strange)}; remove it or choose another folder")
    if begins is not None:
        _refuse_shared_names(target.shown, run, begins, taken)


def name_strangers(target: Destination, identity: Identity) -> None:
    """Say on standard error which files no run wrote."""
    found = strangers(target, identity)
    if found:
        _log.warning(
            "strangers",
            f"{target.shown}: {_said(found)}; readers of the folder take it for data: remove it",
            files=len(found),
            first=found[0],
        )


def _refuse_shared_names(where: str, run: Run, calendar: Calendar, taken: set[str]) -> None:
    """Refuse a template that gives the files of two slices one name."""
    for part in run.plan.parts:
        if part.table in run.identity.catalogs:
            continue
        for path in sorted({run.job.path(part, calendar, window) for window in part.windows} & taken):
            raise DestinationError(f"{where}: another slice has a file {path} already; put {{date}} into --name")


def _is_known(seen: dict[str, list[str]], head: Head) -> bool:
    return all(sum_of(paths) == head.names.get(table, NO_FILES) for table, paths in seen.items())


def _unknown(target: Destination, identity: Identity, seen: dict[str, list[str]]) -> tuple[list[str], set[str]]:
    """Return the files that no manifest knows and that are still there, and all files that some manifest knows."""
    found = survey(target)
    known, damaged = set[str](), bool(found.damaged)
    for each in found.slices:
        try:
            known.update(entry_of(target, each).files)
        except ReplacedMeanwhileError:
            return _unknown(target, identity, seen)
        except IntegrityError:
            damaged = True
    for each in found.slices:
        replaced, lost = read_all(target, each.pending.replaces if each.pending else ())
        known.update(path for _, entry in replaced for path in entry.files)
        damaged = damaged or bool(lost)
    unknown = {path for path in _flat(seen) - known if not (damaged and is_data_file(path))}
    return sorted(unknown & _flat(_visible(target, identity))) if unknown else [], known


def _said(found: list[str]) -> str:
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{found[0]} was written by no run{more}"


def _visible(target: Destination, identity: Identity) -> dict[str, list[str]]:
    """Return the files that readers look at, by table."""
    folders = {table: identity.folder(table) for table in identity.tables}
    return {table: [path for path in target.visible(folder) if is_shown(path)] for table, folder in folders.items()}


def _flat(seen: dict[str, list[str]]) -> set[str]:
    return {path for paths in seen.values() for path in paths}
