"""Keys of tables in PostgreSQL: built where rows wait, renamed when these are shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from xxhash import xxh3_64_hexdigest

from rowmill.model import ddl
from rowmill.model.schema import ForeignKey
from rowmill.sinks.databases.postgres.books import one
from rowmill.sinks.databases.postgres.staging import StagedTable
from rowmill.sinks.databases.postgres.url import NAME_BYTES
from rowmill.sinks.databases.rows import PART

if TYPE_CHECKING:
    from psycopg import Connection

FEW_FILES: Final = 4
"""Files in a table up to which reading all of it finds the rows of one soon enough."""
_NULLS_SINCE: Final = 15_00_00
"""Version of the server from which on two nulls can count as equal in a key."""


def has_column(connection: Connection[Any], table: str, column: str) -> bool:
    """Return whether a table has a column."""
    statement = "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s)"
    return bool(one(connection, statement, [ddl.name(table), column]))


def prepare(
    connection: Connection[Any],
    table: StagedTable,
    files: int,
    swapped: Mapping[str, StagedTable],
    changing: Collection[str],
) -> None:
    """Build the keys of a table where rows wait, and look at its values, as far as that was not done.

    Args:
        connection: to the database, in a transaction.
        table: those that it refers to are prepared.
        files: how many it has.
        swapped: the tables that are shown together with it.
        changing: names of other tables whose rows change then: what refers to them can be told only after.
    """
    if _is_prepared(connection, table.relation):
        return
    relation = ddl.name(table.relation)
    for suffix, definition in _unique(table, connection.info.server_version):
        name = ddl.name(_cut(table.relation, suffix))
        connection.execute(f"ALTER TABLE {relation} ADD CONSTRAINT {name} {definition}")
    link(connection, table, swapped, changing)
    if files > FEW_FILES:
        index_files(connection, table.relation)
    connection.execute(f"ALTER TABLE {relation} ALTER COLUMN {PART} DROP DEFAULT")
    connection.execute(f"ANALYZE {relation}")


def index_files(connection: Connection[Any], table: str) -> None:
    """Let the rows of a file be found without reading all of a table; a small index, of its pages."""
    connection.execute(f"CREATE INDEX IF NOT EXISTS {ddl.name(_index(table))} ON {ddl.name(table)} USING brin ({PART})")


def _is_prepared(connection: Connection[Any], table: str) -> bool:
    statement = "SELECT atthasdef FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s"
    return not one(connection, statement, [ddl.name(table), PART])


def link(
    connection: Connection[Any], table: StagedTable, swapped: Mapping[str, StagedTable], changing: Collection[str] = ()
) -> None:
    """Add the foreign keys of a table that it has not and whose tables are there.

    Args:
        connection: to the database.
        table: still where rows wait, if it is among ``swapped``; else shown.
        swapped: the tables that are shown together with it, where their rows still wait.
        changing: names of tables to which nothing is linked yet.
    """
    own = ddl.name(table.relation if table.schema.name in swapped else table.schema.name)
    has = {
        name
        for (name,) in connection.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(%s) AND contype = 'f'", [own]
        )
    }
    for key in table.schema.foreign_keys:
        name = _cut(table.schema.name, f"_{'_'.join(key.columns)}_fkey")
        target = swapped.get(key.table)
        other = ddl.name(key.table if target is None else target.relation)
        if key.earlier or name in has or key.table in changing or not set(key.columns) <= set(table.columns):
            continue
        if _has_key(connection, other, key):
            connection.execute(f"ALTER TABLE {own} ADD CONSTRAINT {ddl.name(name)} {ddl.reference(key, other)}")


def _has_key(connection: Connection[Any], relation: str, key: ForeignKey) -> bool:
    """Return whether a table is there and tells its rows apart by the columns that a foreign key names."""
    found = connection.execute(
        "SELECT array_agg(a.attname::text) FROM pg_constraint c JOIN pg_attribute a "
        "ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) "
        "WHERE c.conrelid = to_regclass(%s) AND c.contype IN ('p', 'u') GROUP BY c.oid",
        [relation],
    ).fetchall()
    return any(set(columns) == set(key.references) for (columns,) in found)


def others_need(connection: Connection[Any], name: str, swapped: Collection[str]) -> bool:
    """Return whether anything hangs on a table that would be lost with it: views, indexes, triggers, foreign keys.

    Args:
        connection: to the database.
        name: of the table.
        swapped: names of tables that go together with it.
    """
    relation = ddl.name(name)
    mine = [ddl.name(other) for other in swapped]
    statement = (
        "SELECT EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND confrelid = t AND conrelid <> ALL "
        "(SELECT to_regclass(other) FROM unnest(%s::text[]) AS other WHERE to_regclass(other) IS NOT NULL)) "
        "OR EXISTS (SELECT FROM pg_depend d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass "
        "AND d.objid = r.oid WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = t) "
        "OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = t AND NOT tgisinternal) "
        "OR EXISTS (SELECT FROM pg_policy WHERE polrelid = t) "
        "OR EXISTS (SELECT FROM pg_publication_rel WHERE prrelid = t) "
        "OR EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = t "
        "AND c.relname <> %s AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)) "
        "FROM (SELECT to_regclass(%s)) AS found (t)"
    )
    return bool(one(connection, statement, [mine, _index(name), relation]))


def dropped_links(connection: Connection[Any], names: Sequence[str], swapped: Collection[str]) -> list[str]:
    """Drop the foreign keys of and to some tables, as far as both are ours; return the statements that add them.

    Whether a row that goes is named by another would be looked up row by row. Tables that are swapped have keys anew.
    """
    found = connection.execute(
        "SELECT t.relname::text, c.conname::text, pg_get_constraintdef(c.oid) FROM pg_constraint c "
        "JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace "
        "WHERE c.contype = 'f' AND n.nspname = current_schema() AND (SELECT array_agg(to_regclass(name)::oid) "
        "FROM unnest(%s::text[]) AS name) && ARRAY[c.conrelid, c.confrelid] "
        "AND t.relname IN (SELECT name FROM _rowmill_files WHERE shown)",
        [[ddl.name(name) for name in names]],
    ).fetchall()
    for table, name, _ in found:
        connection.execute(f"ALTER TABLE {ddl.name(table)} DROP CONSTRAINT {ddl.name(name)}")
    return [
        f"ALTER TABLE {ddl.name(table)} ADD CONSTRAINT {ddl.name(name)} {definition}"
        for table, name, definition in found
        if table not in swapped
    ]


def swap(connection: Connection[Any], old: Sequence[str], swapped: Mapping[str, StagedTable]) -> None:
    """Let tables where rows waited take the places of others, with what these were granted."""
    grants = {name: list(_grants(connection, name)) for name in old}
    if old:
        connection.execute(f"DROP TABLE {', '.join(ddl.name(name) for name in old)}")
    for name, table in swapped.items():
        relation = ddl.name(table.relation)
        for suffix, _ in _unique(table, connection.info.server_version):
            before, after = ddl.name(_cut(table.relation, suffix)), ddl.name(_cut(name, suffix))
            connection.execute(f"ALTER TABLE {relation} RENAME CONSTRAINT {before} TO {after}")
        index = ddl.name(_index(table.relation))
        connection.execute(f"ALTER INDEX IF EXISTS {index} RENAME TO {ddl.name(_index(name))}")
        connection.execute(f"ALTER TABLE {relation} RENAME TO {ddl.name(name)}")
        for statement in grants.get(name, ()):
            connection.execute(statement)


def _grants(connection: Connection[Any], name: str) -> Iterator[str]:
    """Yield the statements that grant again what others than the owner may do with a table."""
    for kind, who, more in connection.execute(
        "SELECT a.privilege_type, coalesce(quote_ident(r.rolname), 'PUBLIC'), a.is_grantable "
        "FROM pg_class c CROSS JOIN aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee "
        "WHERE c.oid = to_regclass(%s) AND a.grantee <> c.relowner",
        [ddl.name(name)],
    ).fetchall():
        yield f"GRANT {kind} ON {ddl.name(name)} TO {who}" + (" WITH GRANT OPTION" if more else "")


def _unique(table: StagedTable, version: int) -> Iterator[tuple[str, str]]:
    """Yield the keys that tell rows apart: the end of a name, and the definition."""
    schema = table.schema
    if schema.primary_key and set(schema.primary_key) <= set(table.columns):
        yield "_pkey", f"PRIMARY KEY ({ddl.names(schema.primary_key)})"
    nulls = " NULLS NOT DISTINCT" if version >= _NULLS_SINCE else ""
    for columns in schema.unique:
        if set(columns) <= set(table.columns):
            yield f"_{'_'.join(columns)}_key", f"UNIQUE{nulls} ({ddl.names(columns)})"


def _index(relation: str) -> str:
    """Return the name of the index by which the rows of a file are found."""
    return _cut(relation, f"{PART}_idx")


def _cut(name: str, suffix: str) -> str:
    """Return a name with an ending, or a shorter one where that is longer than a name may be."""
    whole = f"{name}{suffix}"
    if len(whole.encode()) <= NAME_BYTES:
        return whole
    told = xxh3_64_hexdigest(whole.encode())
    return whole.encode()[: NAME_BYTES - len(told) - 1].decode(errors="ignore") + f"_{told}"
