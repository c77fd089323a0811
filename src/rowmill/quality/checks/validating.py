"""Validation: what lies at a path is held against its rules, in one pass over each table and in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from rowmill.core.errors import UsageError
from rowmill.domains.registry import DOMAINS, domain
from rowmill.model.mistakes import unknown
from rowmill.model.rules import HasRules, LinkRule, Rule
from rowmill.quality.checks.columns import column_counts, listed_values, strange_columns
from rowmill.quality.checks.counting import Alone, Counted, Scan, counted, row_rules
from rowmill.quality.checks.entities import entity_rules
from rowmill.quality.checks.files import promised_rows, readable_files
from rowmill.quality.checks.keys import keys
from rowmill.quality.checks.links import joined_links, other_links
from rowmill.quality.checks.naming import refuse_strange_columns
from rowmill.quality.checks.report import CheckResult, ValidationReport
from rowmill.quality.checks.subject import Past, Span, Subject, projected
from rowmill.quality.rules.book import RuleBook, TableRules
from rowmill.quality.rules.compiling import book_of
from rowmill.quality.rules.writing import read_rules
from rowmill.quality.sources.finding import source
from rowmill.quality.sources.scanning import connected, first_line, scanned
from rowmill.quality.sources.source import Source, SourceTable
from rowmill.quality.sources.stored import OwnTable
from rowmill.run.books.manifest import Manifest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def validate(
    path: str | os.PathLike[str],
    *,
    rules: RuleBook | str | os.PathLike[str] | None = None,
    tables: Sequence[str] | None = None,
) -> ValidationReport:
    """Hold what lies at a path against the rules that are known of it, and against further ones.

    Args:
        path: a destination of ours; a file of Parquet, CSV or DuckDB, a folder or a pattern of such; a schema of
            PostgreSQL.
        rules: to be kept too, or a file of them; None for those alone that are known.
        tables: names of those to check; None for all.

    Raises:
        UsageError: if nothing can be read there, a table is not there, no rule is known, or the file of rules cannot be
            used.
        IntegrityError: if records of a destination of ours are damaged.
    """
    started = perf_counter()
    found = source(path)
    if problem := unknown("table", tables or (), found.tables, f"not at {found.shown}"):
        raise UsageError(problem)
    books = books_of(found, rules)
    asked = frozenset(tables or found.tables)
    with connected() as connection, ExitStack() as stack:
        checks, subjects = _Opened(connection, stack, found).subjects()
        for book in books:
            checks += _Pass(connection, book, subjects).checks(asked)
    return ValidationReport(
        found.shown,
        {name: subject.rows for name, subject in subjects.items() if name in asked},
        tuple(check for check in checks if check.table in asked),
        perf_counter() - started,
    )


def books_of(found: Source, rules: RuleBook | str | os.PathLike[str] | None) -> list[RuleBook]:
    """Return the rules that are known of what lies at a path, if any, and then those that are given.

    Raises:
        UsageError: if there are none, the file of rules cannot be used, or it names a column that no table has.
    """
    more = rules if rules is None or isinstance(rules, RuleBook) else read_rules(os.fspath(rules))
    books = [book for book in (known_rules(found), None if more is None else _there(more, found)) if book]
    if not books:
        raise UsageError(
            f"{found.shown}: no rules are known of it; `rowmill rules init` proposes some, and --rules takes them"
        )
    return books


def known_rules(found: Source) -> RuleBook | None:
    """Return the rules that are known of what lies at a path; None where nothing is."""
    schemas = {name: table.schema for name, table in found.tables.items() if table.schema is not None}
    if schemas:
        held = {name: table.arrow.names for name, table in found.tables.items()}
        return book_of(schemas, _of_domain(found.manifest), held)
    tables = {
        name: TableRules(
            primary_key=table.primary_key,
            foreign_keys=tuple(LinkRule(key.columns, key.table, key.references) for key in table.foreign_keys),
        )
        for name, table in found.tables.items()
        if table.primary_key or table.foreign_keys
    }
    return RuleBook(tables) if tables else None


def _of_domain(manifest: Manifest | None) -> Mapping[str, tuple[Rule | LinkRule, ...]]:
    """Return the rules of the domain that made the data; none where it is not one of ours."""
    known = domain(manifest.domain) if manifest is not None and manifest.domain in DOMAINS else None
    return known.rules if isinstance(known, HasRules) else {}


def _there(rules: RuleBook, found: Source) -> RuleBook:
    """Return a book of rules for what is there; rules of one table are those of the one table, whatever its name."""
    if problem := unknown("rules of", rules.tables, found.tables, f"there is no such table at {found.shown}"):
        if len(rules.tables) == len(found.tables) == 1:
            rules = RuleBook(dict(zip(found.tables, rules.tables.values(), strict=True)))
        else:
            raise UsageError(problem)
    # Columns of a schema that a run left out are no mistake.
    known = {
        name: (*table.arrow.names, *(table.schema.names if table.schema is not None else ()))
        for name, table in found.tables.items()
    }
    refuse_strange_columns(rules, known)
    return rules


def pasts(manifest: Manifest | None) -> tuple[Past, frozenset[str]]:
    """Return what of the past of tables with time is there, and the tables that have none."""
    if manifest is None:
        return Past(), frozenset()
    stretches: list[tuple[int, int, str, str]] = []
    for entry in manifest.slices:
        (first, stop), (begin, end) = entry.windows, entry.dates
        if stretches and stretches[-1][1] >= first:
            before = stretches.pop()
            stretches.append((before[0], max(stop, before[1]), before[2], end))
        else:
            stretches.append((first, stop, begin, end))
    spans = tuple(Span(begin, end) for _, _, begin, end in stretches) if len(stretches) > 1 else ()
    return Past(stretches[0][0] == 0, spans), frozenset(manifest.identity.catalogs)


class _Opened:
    """The tables of a source as DuckDB sees them."""

    def __init__(self, connection: DuckDBPyConnection, stack: ExitStack, found: Source) -> None:
        self._connection, self._stack, self._source = connection, stack, found
        self._past, self._timeless = pasts(found.manifest)

    def subjects(self) -> tuple[list[CheckResult], dict[str, Subject]]:
        """Return what is wrong with the files, and the tables that can be read, without rules."""
        checks, subjects = list[CheckResult](), dict[str, Subject]()
        for name, table in self._source.tables.items():
            readable: SourceTable | None = table
            whole = True
            if isinstance(table, OwnTable) and self._source.manifest is not None:
                told = readable_files(self._connection, table, self._source.manifest)
                checks += told.found
                readable, whole = told.table, told.whole
            subject = None if readable is None else self._opened(readable, checks)
            if subject is None:
                continue
            subjects[name] = subject
            if whole and self._source.manifest is not None:
                checks += promised_rows(name, subject.rows, self._source.manifest)
        return checks, subjects

    def _opened(self, table: SourceTable, checks: list[CheckResult]) -> Subject | None:
        import duckdb

        try:
            relation = self._stack.enter_context(scanned(table, self._connection))
            described = self._connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
            (rows,) = self._connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0]
        except duckdb.Error as error:
            message = f"cannot be read: {first_line(error)}"
            checks.append(CheckResult(table.name, "file", "rows can be read", rows=1, failed=1, message=message))
            return None
        kinds = {line[0]: line[1] for line in described}
        past = Past() if table.name in self._timeless else self._past
        return Subject(table.name, relation, kinds, TableRules(), past, rows)


class _Pass:
    """Holds the tables of a source against one book of rules."""

    def __init__(self, connection: DuckDBPyConnection, book: RuleBook, opened: Mapping[str, Subject]) -> None:
        self._connection = connection
        self._strange = {
            name: tuple(strange_columns(name, dict(opened[name].kinds), rules, opened[name].rows))
            for name, rules in book.tables.items()
            if name in opened
        }
        self._subjects = {
            name: self._typed(subject, book.tables.get(name, TableRules())) for name, subject in opened.items()
        }

    def _typed(self, subject: Subject, rules: TableRules) -> Subject:
        """Return a table as its rules see it."""
        columns = [projected(name, kind, rules.columns.get(name)) for name, kind in subject.kinds.items()]
        view = f"(SELECT {', '.join(text for text, _ in columns)} FROM {subject.view})"
        kinds = dict(zip(subject.kinds, (kind for _, kind in columns), strict=True))
        return replace(subject, view=view, kinds=kinds, rules=rules)

    def checks(self, asked: Collection[str]) -> Iterator[CheckResult]:
        """Yield the checks of some tables; the keys of the others are looked at too, for rows may name them."""
        of_keys = {
            name: list(self._guarded(subject, keys(self._connection, subject)))
            for name, subject in self._subjects.items()
        }
        alone: Alone = frozenset(
            (name, check.columns)
            for name, found in of_keys.items()
            for check in found
            if check.kind == "key" and not check.failed and not check.unchecked
        )
        for name, subject in self._subjects.items():
            yield from self._strange.get(name, ())
            yield from of_keys[name]
            if name in asked:
                yield from self._guarded(subject, self._of_rows(subject, alone))

    def _of_rows(self, subject: Subject, alone: Alone) -> Iterator[CheckResult]:
        scan = Scan(subject, self._subjects, alone)
        asked: list[Counted | CheckResult] = [
            *column_counts(subject),
            *joined_links(subject, self._subjects, scan, alone),
            *row_rules(subject, self._subjects, scan),
        ]
        yield from (each for each in asked if isinstance(each, CheckResult))
        yield from counted(self._connection, scan, subject, [each for each in asked if isinstance(each, Counted)])
        yield from listed_values(self._connection, subject)
        yield from other_links(self._connection, subject, self._subjects, alone)
        scans = partial(Scan, subject, self._subjects, alone)
        yield from entity_rules(self._connection, subject, self._subjects, scans)

    def _guarded(self, subject: Subject, checks: Iterable[CheckResult]) -> Iterator[CheckResult]:
        """Yield checks; rows that cannot be read are one more thing that is wrong."""
        import duckdb

        try:
            yield from checks
        except duckdb.Error as error:
            message = f"cannot be read: {first_line(error)}"
            yield CheckResult(subject.name, "file", "rows can be read", rows=1, failed=1, message=message)
