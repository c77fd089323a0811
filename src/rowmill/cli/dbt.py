"""``rowmill dbt``: SQL models of state and metrics, with their tests, over the files of a destination."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from rowmill.cli.request import Count
from rowmill.core.errors import IntegrityError

if TYPE_CHECKING:
    from rowmill.model.engine import ModelResults

_SHOWN = 10
_DATABASE = "DuckDB file to build in; without it the domain's own beside the tables."


@click.group
def dbt() -> None:
    """Build the SQL models of what a destination holds."""


@dbt.command
@click.argument("directory", metavar="DIR")
@click.option("--database", metavar="FILE", help=_DATABASE)
@click.option("--threads", type=Count(1), help="Models to build at once; without it one a usable core.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def build(directory: str, *, database: str | None, threads: int | None, as_json: bool) -> None:
    """Build state and metrics over the files and run every test. Exit code 3 if a test fails."""
    _run("build", directory, database, threads, as_json=as_json)


@dbt.command
@click.argument("directory", metavar="DIR")
@click.option("--database", metavar="FILE", help=_DATABASE)
@click.option("--threads", type=Count(1), help="Models to build at once; without it one a usable core.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def parity(directory: str, *, database: str | None, threads: int | None, as_json: bool) -> None:
    """Do the same, and make the events again in SQL: exit code 3 if one row differs."""
    _run("parity", directory, database, threads, as_json=as_json)


@dbt.command
@click.argument("directory", metavar="DIR")
@click.argument("folder", metavar="PROJECT")
def copy(directory: str, folder: str) -> None:
    """Copy the dbt project to PROJECT, its variables naming the files of DIR, for a dbt of your own."""
    from rowmill.api.models import copy_models

    copy_models(directory, folder)
    click.echo(f"{folder}: a dbt project over {directory}; cd there and run `dbt build --profiles-dir .`", err=True)


def _run(command: str, directory: str, database: str | None, threads: int | None, *, as_json: bool) -> None:
    from rowmill.api.models import build_models

    results = build_models(directory, command, database=database, threads=threads)
    if as_json:
        click.echo(json.dumps(models_json(results)))
    show_models(results, directory, quiet=as_json)


def models_json(results: ModelResults) -> dict[str, Any]:
    """Return what was built as plain data."""
    return {"models": results.models, "tests": results.tests, "failures": list(results.failures)}


def show_models(results: ModelResults, directory: str, *, quiet: bool) -> None:
    """Say what was built over a destination.

    Raises:
        IntegrityError: if a model or a test failed.
    """
    if results.failures:
        more = len(results.failures) - _SHOWN
        tail = [f"and {more} more"] if more > 0 else []
        raise IntegrityError("\n".join([f"{directory}: models failed", *results.failures[:_SHOWN], *tail]))
    if not quiet:
        click.echo(f"{directory}: {results.models} models built, {results.tests} tests passed", err=True)
