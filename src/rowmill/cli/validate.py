"""``rowmill validate PATH``: what lies there, held against its rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rowmill.cli.request import env_file_option
from rowmill.core.errors import IntegrityError, UsageError
from rowmill.core.paths import local_path

if TYPE_CHECKING:
    from rowmill.quality.checks.report import ValidationReport

_SHOWN = 20


@click.command
@click.argument("path", metavar="PATH")
@click.option("--rules", metavar="FILE", help="Rules to keep besides those that are known, as YAML.")
@click.option("--table", "tables", multiple=True, metavar="NAME", help="Check this table alone; may be repeated.")
@click.option("--report", metavar="FILE", help="Write the report to this file, as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object on standard output.")
@click.option("--quiet", is_flag=True, help="Print nothing where every check is kept.")
def validate(
    path: str, *, rules: str | None, tables: tuple[str, ...], report: str | None, as_json: bool, quiet: bool
) -> None:
    """Hold what lies at PATH against its rules, without making a row again.

    PATH is a destination of ours, a file or folder of Parquet or CSV, a file of DuckDB, or a schema of PostgreSQL. Of
    our own data the rules are known: columns, types, missing values, ranges, lists, patterns, keys, foreign keys, what
    rows keep of themselves and of their past, and the files of the manifest. Others have those of --rules.

    Exit code 3 if something is not as it should be, 2 if nothing can be read or the rules
    name a column that no table has.
    """
    from rowmill.core.outputs import refuse_inputs, refuse_others, write_whole
    from rowmill.quality.checks.report import is_report
    from rowmill.quality.checks.validating import validate as check

    if report is not None:
        refuse_inputs("--report", report, {"PATH": path, **({} if rules is None else {"--rules": rules})})
        refuse_others("--report", local_path(report, "--report"), is_report, "report")
    place = None if report is None else _place(report)
    found = check(path, rules=rules, tables=tables or None)
    text = json.dumps(found.to_json(), ensure_ascii=False)
    if place is not None:
        write_whole("--report", place, text + "\n")
    if as_json:
        click.echo(text)
    if not found.ok:
        raise IntegrityError("\n".join(_lines(found)))
    if not (quiet or as_json):
        click.echo(_kept(found), err=True)


validate.params.append(env_file_option())


def _place(report: str) -> Path:
    """Return where a report goes, which can be written; found out before anything is read."""
    place = Path(local_path(report, "--report"))
    try:
        with place.open("a", encoding="utf-8"):
            return place
    except OSError as error:
        raise UsageError(f"--report {report}: {error.strerror}; give a file that can be written") from None


def _lines(found: ValidationReport) -> list[str]:
    failures = [str(failure) for failure in found.failures]
    more = len(failures) - _SHOWN
    tail = [f"and {more} more; --json shows all"] if more > 0 else []
    return [
        f"{found.path}: {len(failures)} of {len(found.checks)} checks are broken",
        *failures[:_SHOWN],
        *tail,
        *_not_checked(found),
    ]


def _kept(found: ValidationReport) -> str:
    rows = ", ".join(f"{name} {rows:,}" for name, rows in found.tables.items())
    lines = [f"{found.path}: {len(found.checks) - len(found.unchecked)} checks kept ({rows} rows)"]
    return "\n".join((*lines, *_not_checked(found)))


def _not_checked(found: ValidationReport) -> list[str]:
    lines = [f"not checked: {each.table}: {each.rule}: {each.unchecked}" for each in found.unchecked[:_SHOWN]]
    more = len(found.unchecked) - _SHOWN
    return [*lines, *([f"not checked: {more} more; --json shows all"] if more > 0 else [])]
