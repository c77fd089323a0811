"""Publication in PostgreSQL: in one transaction the tables change, so readers see the old rows or the new ones.

A table of which no row stays is swapped: the table where rows waited takes its name, with keys that were built there
while nobody looked. To any other one rows are added, and those of obsolete files are deleted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.model import ddl
from rowmill.sinks.base import Stage, Written
from rowmill.sinks.databases.postgres import keys, staging
from rowmill.sinks.databases.postgres.books import lock, table_exists
from rowmill.sinks.databases.postgres.connections import Connections
from rowmill.sinks.databases.postgres.staging import StagedTable
from rowmill.sinks.databases.postgres.url import Place
from rowmill.sinks.databases.rows import PART, ROW

if TYPE_CHECKING:
    from psycopg import Connection

_LOCK_SECONDS: Final = 5
_PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Between attempts to have all tables at once, in seconds."""


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of one table."""

    name: str
    exists: bool
    waiting: StagedTable | None
    """Where its new rows are."""
    new: tuple[int, ...]
    """Numbers of the files that come."""
    gone: tuple[int, ...]
    """Numbers of the files that go."""
    kept: tuple[int, ...]
    """Numbers of the files that stay."""
    swaps: bool = False
    """Whether the table where the new rows are takes its place."""


def publish(
    connections: Connections, place: Place, stage: Stage, written: Iterable[Written], obsolete: Iterable[str]
) -> None:
    """Show the files of a stage, and remove obsolete ones. Safe to repeat.

    Raises:
        IntegrityError: if a file is neither staged nor in place; nothing changes then.
        DestinationError: if others keep tables locked.
    """
    files, old = {file.path: file for file in written}, frozenset(obsolete)
    with connections.session() as connection:
        moves = _moves(connection, place, stage, files, old)
        names = [move.name for move in moves]
        swapped, changing = _kinds(moves)
        for move in moves:
            if move.name in swapped:
                _only(connection, stage, move)
                prepare = partial(keys.prepare, connection, swapped[move.name], len(move.new), swapped, changing)
                _patiently(connection, place, names, prepare)

        def change() -> None:
            lock(connection)
            _change(connection, _moves(connection, place, stage, files, old))

        _patiently(connection, place, names, change)


def _patiently(connection: Connection[Any], place: Place, names: Sequence[str], change: Callable[[], None]) -> None:
    """Change tables in one transaction, as soon as nobody keeps one of them.

    Raises:
        DestinationError: naming who does, if that lasts.
    """
    from psycopg import errors

    for pause in (*_PAUSES, None):
        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'")
                change()
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            if pause is None:
                raise _blocked(connection, place, names) from None
            time.sleep(pause)
        else:
            return


def _moves(
    connection: Connection[Any], place: Place, stage: Stage, files: Mapping[str, Written], obsolete: frozenset[str]
) -> list[Move]:
    """Return what becomes of each table, in an order in which rows come after those that they refer to."""
    waits = {
        path: (name, number)
        for path, name, number, size, checksum in connection.execute(
            "SELECT path, name, number, bytes, checksum FROM _rowmill_files "
            "WHERE NOT shown AND slice = %s AND run = %s",
            [stage.slice, stage.run],
        )
        if path in files and (files[path].bytes, files[path].checksum) == (size, checksum)
    }
    names = {path.partition("/")[0] for path in (*files, *obsolete)}
    shown: dict[str, dict[str, int]] = {name: {} for name in names}
    for name, path, number in connection.execute(
        "SELECT name, path, number FROM _rowmill_files WHERE shown AND name = ANY(%s)", [sorted(names)]
    ):
        shown[name][path] = number
    missing = sorted(path for path in files if path not in waits and path not in shown[path.partition("/")[0]])
    if missing:
        raise IntegrityError(
            f"{place.shown}: {missing[0]} is gone, unpublished; write it again with --resume or --overwrite"
        )
    tables, gone = staging.tables(connection, stage), (obsolete - files.keys()) | waits.keys()
    moves = [
        _move(connection, name, tables.get(name), (shown[name], waits, gone))
        for name in sorted(names)
        if gone & shown[name].keys() or any(own == name for own, _ in waits.values())
    ]
    order = [schema.name for schema in ddl.in_order([table.schema for table in tables.values()])]
    moves.sort(key=lambda move: order.index(move.name) if move.name in order else -1)
    return _swaps(connection, moves)


def _move(
    connection: Connection[Any],
    name: str,
    waiting: StagedTable | None,
    found: tuple[Mapping[str, int], Mapping[str, tuple[str, int]], Iterable[str]],
) -> Move:
    shown, waits, obsolete = found
    gone = {shown[path] for path in obsolete if path in shown}
    return Move(
        name,
        table_exists(connection, name),
        waiting,
        tuple(number for own, number in waits.values() if own == name),
        tuple(sorted(gone)),
        tuple(sorted(set(shown.values()) - gone)),
    )


def _swaps(connection: Connection[Any], moves: Sequence[Move]) -> list[Move]:
    """Return moves with their kind: nothing of others may hang on a table that is swapped."""
    chosen = {move.name for move in moves if move.new and not (move.exists and move.kept)}
    while True:
        held = {
            move.name
            for move in moves
            if move.name in chosen and move.exists and keys.others_need(connection, move.name, chosen)
        }
        if not held:
            return [replace(move, swaps=move.name in chosen) for move in moves]
        chosen -= held


def _kinds(moves: Sequence[Move]) -> tuple[dict[str, StagedTable], set[str]]:
    """Return where the rows of the tables wait that are swapped, and the names of those that change in their places."""
    swapped = {move.name: move.waiting for move in moves if move.swaps and move.waiting is not None}
    return swapped, {move.name for move in moves} - swapped.keys()


def _only(connection: Connection[Any], stage: Stage, move: Move) -> None:
    """Remove rows of files that are not published from a table that is swapped: of parts that were taken back."""
    others = connection.execute(
        "SELECT 1 FROM _rowmill_files WHERE NOT shown AND slice = %s AND run = %s AND name = %s "
        "AND NOT number = ANY(%s)",
        [stage.slice, stage.run, move.name, list(move.new)],
    ).fetchone()
    if others is not None and move.waiting is not None:
        relation = ddl.name(move.waiting.relation)
        connection.execute(f"DELETE FROM {relation} WHERE NOT {PART} = ANY(%s)", [list(move.new)])


def _change(connection: Connection[Any], moves: Sequence[Move]) -> None:
    """Change tables and ledger, within a transaction."""
    swapped, changing = _kinds(moves)
    kept = [move for move in moves if move.name in changing]
    links = keys.dropped_links(connection, [move.name for move in kept if move.gone], swapped)
    for move in kept:
        _delete(connection, move)
    for move in moves:
        if move.name in swapped:
            keys.prepare(connection, swapped[move.name], len(move.new), swapped, changing)
    keys.swap(connection, [move.name for move in moves if move.swaps and move.exists], swapped)
    for move in kept:
        if move.waiting is not None and move.new:
            names = ddl.names((*(field.name for field in move.waiting.fields), PART, ROW))
            connection.execute(
                f"INSERT INTO {ddl.name(move.name)} ({names}) "
                f"SELECT {names} FROM {ddl.name(move.waiting.relation)} WHERE {PART} = ANY(%s)",
                [list(move.new)],
            )
        if len(move.kept) + len(move.new) > keys.FEW_FILES:
            keys.index_files(connection, move.name)
    for statement in links:
        connection.execute(statement)
    for table in swapped.values():
        keys.link(connection, table, {})
    connection.execute("DELETE FROM _rowmill_files WHERE number = ANY(%s)", [[n for move in moves for n in move.gone]])
    new = [number for move in moves for number in move.new]
    connection.execute("UPDATE _rowmill_files SET shown = true WHERE number = ANY(%s)", [new])


def _delete(connection: Connection[Any], move: Move) -> None:
    if not move.exists or not move.gone:
        return
    if not move.new and not move.kept and not keys.others_need(connection, move.name, {move.name}):
        connection.execute(f"DROP TABLE {ddl.name(move.name)}")
    else:
        connection.execute(f"DELETE FROM {ddl.name(move.name)} WHERE {PART} = ANY(%s)", [list(move.gone)])


def _blocked(connection: Connection[Any], place: Place, tables: Sequence[str]) -> DestinationError:
    """Return an error that names who keeps a table from being changed."""
    found = connection.execute(
        "SELECT DISTINCT l.relation::regclass::text, l.pid, a.usename, a.application_name, a.state FROM pg_locks l "
        "JOIN pg_stat_activity a USING (pid) WHERE l.granted AND l.pid <> pg_backend_pid() "
        "AND l.relation = ANY (SELECT to_regclass(name) FROM unnest(%s::text[]) AS name) ORDER BY 1, 2",
        [[ddl.name(name) for name in tables]],
    ).fetchall()
    said = "; ".join(
        f"{table} is in use by process {pid} ({user}{f', {program}' if program else ''}, {state})"
        for table, pid, user, program, state in found[:3]
    )
    return DestinationError(
        f"{place.shown}: {said or 'other sessions lock the tables'}: all rows are there, and are shown by the next "
        "run once that ended; run again"
    )
