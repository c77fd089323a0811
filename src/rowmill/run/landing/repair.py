"""Repair: which files a committed slice lacks, and making them again exactly as they were."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.core.logs import log
from rowmill.core.processes import Cost
from rowmill.model.part import Part
from rowmill.run.books.records import Entry, FileEntry
from rowmill.run.books.run import Run
from rowmill.run.books.survey import survey
from rowmill.run.events import Event, FileReceipt, Planned, Receipt
from rowmill.run.landing.publish import publish_again
from rowmill.run.making.executors import executor as executor_named
from rowmill.run.request import Order
from rowmill.run.summary import Effort
from rowmill.sinks.base import Destination, Stage, Written

_log = log(__name__)


@dataclass(frozen=True, slots=True)
class Loss:
    """A file of a committed slice that is not there as it was written."""

    table: str
    file: FileEntry
    """As it was written."""
    bytes: int | None
    """What is there of it; None where it is gone."""

    @property
    def how(self) -> str:
        """Return what is wrong with it, in words."""
        return "is missing" if self.bytes is None else f"is {self.bytes:,} bytes, {self.file.bytes:,} were written"


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did."""

    files: int
    effort: Effort


def losses(target: Destination, entries: Iterable[Entry], broken: Collection[str] = ()) -> list[Loss]:
    """Return the files of committed slices that are gone or of another size. Nothing is read but the folders.

    Args:
        target: the destination.
        entries: the slices.
        broken: paths of those that count as lost too.
    """
    found: dict[str, Loss] = {}
    seen: dict[str, Mapping[str, int]] = {}
    for entry in entries:
        for name, table in entry.tables.items():
            if name not in seen:
                seen[name] = target.visible(entry.identity.folder(name))
            for file in table.files:
                size = seen[name].get(file.path)
                if size != file.bytes or file.path in broken:
                    found[file.path] = Loss(name, file, size)
    return list(found.values())


def refuse_losses(target: Destination, entries: Iterable[Entry]) -> None:
    """Refuse committed slices of which files are gone or of another size.

    Raises:
        IntegrityError: naming one file.
        DestinationError: if a slice is gone too, or about to go: another process took its place.
    """
    entries = tuple(entries)
    lost = losses(target, entries)
    if lost:
        _refuse_replaced(target, entries)
        more = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
        raise IntegrityError(
            f"{target.shown}: {lost[0].file.path} {lost[0].how}{more}; `rowmill generate` as before, with --resume, "
            "makes lost files again"
        )


def _refuse_replaced(target: Destination, entries: Iterable[Entry]) -> None:
    standing = {(each.label, each.digest, each.pending) for each in survey(target).slices}
    for entry in entries:
        if (entry.label, entry.digest, None) not in standing:
            raise DestinationError(
                f"{target.shown}: slice {entry.label} was replaced by another process meanwhile; look with "
                "`rowmill info` at what stands there now"
            )


def repair(
    target: Destination, entry: Entry, run: Run, order: Order, effort: Effort
) -> Generator[Event, None, Repaired]:
    """Make the lost files of a committed slice again and put them in their places; the manifest stays as it is.

    Args:
        target: the destination.
        entry: the slice.
        run: the same slice as asked for, in the same layout.
        order: dataset and settings of the run.
        effort: what it took so far.

    Yields:
        What happens, as ``work`` does.

    Raises:
        IntegrityError: if a file does not come out byte for byte as it was; nothing is put in place then.
    """
    lost = losses(target, [entry], order.broken)
    if not lost:
        return Repaired(0, effort)
    parts = [Part(each.table, _index(entry, run, each), *each.file.tiles) for each in lost]
    wanted = {each.file.path: each.file for each in lost}
    # No plan lies in this stage, so after a crash nobody takes it for an unfinished run.
    stage = Stage(f"{entry.label}-repair")
    executor = order.executor or executor_named(order.settings.executor, order.settings.workers, len(parts))
    _log.info("repairing", slice=entry.label, files=len(parts), workers=executor.workers)
    yield _planned(entry, lost, executor.workers)
    effort = replace(effort, workers=executor.workers)
    target.drop(stage)
    made = list[Written]()
    for some in _apart(parts):
        with closing(executor.run(replace(run.job, stage=stage), order.dataset, some)) as steps:
            for step in steps:
                if isinstance(step, Receipt):
                    _refuse_others(target, stage, step.files, wanted)
                    made += step.written
                    effort = effort.made(step, entry.identity.main)
                elif isinstance(step, Cost):
                    effort = effort.beside(step)
                yield step
        for part in some:
            target.receipts.withdraw(stage, part.name)
    publish_again(target, stage, made)
    return Repaired(len(lost), effort)


def _apart(parts: Sequence[Part]) -> list[list[Part]]:
    """Return parts in groups without two of one name: a part of several partitions wrote several files."""
    groups = list[dict[str, Part]]()
    for part in parts:
        group = next((each for each in groups if part.name not in each), None)
        if group is None:
            groups.append(group := {})
        group[part.name] = part
    return [list(group.values()) for group in groups]


def _planned(entry: Entry, lost: Sequence[Loss], workers: int) -> Planned:
    rows = dict.fromkeys(entry.tables, 0)
    for each in lost:
        rows[each.table] += each.file.rows
    return Planned(entry.label, entry.identity.main, len(lost), 0, rows, dict.fromkeys(rows, 0), workers)


def _index(entry: Entry, run: Run, loss: Loss) -> int:
    """Return the number of the part in a file's name; 0 where the name holds none."""
    table, file = loss.table, loss.file
    window = None if table in entry.identity.catalogs else file.tiles[2]
    numbers = range(len(entry.tables[table].files))
    stem = file.path.rpartition("/")[2]
    names = run.job.names
    return next((n for n in numbers if names.file(Part(table, n, *file.tiles), window) == stem), 0)


def _refuse_others(
    target: Destination, stage: Stage, made: Sequence[FileReceipt], wanted: Mapping[str, FileEntry]
) -> None:
    for receipt in made:
        record = wanted.get(receipt.path)
        if record is None or receipt.checksum != record.checksum:
            target.drop(stage)
            raise IntegrityError(
                f"{target.shown}: {receipt.path} does not come out as it was: other settings or library versions "
                "wrote it; write the data again with --overwrite"
            )
